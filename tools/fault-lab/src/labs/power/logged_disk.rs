//! A disk as one file that logs every write and every flush (FUSE).

use anyhow::{Context, Result};
use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags,
    Generation, INodeNo, LockOwner, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty, ReplyEntry,
    ReplyOpen, ReplyWrite, Request, WriteFlags,
};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

/// The file's name.
const NAME: &str = "disk";
const FILE: INodeNo = INodeNo(2);
const TTL: Duration = Duration::from_secs(3600);

/// One operation that reached the disk.
pub(super) enum DiskOp {
    Write {
        at: usize,
        bytes: Vec<u8>,
    },
    Flush,
    /// A flush that was answered with an error: earlier writes may be lost for good.
    Failed,
}

/// The disk's content and its log of writes.
#[derive(Default)]
pub(super) struct DiskLog {
    /// The content now.
    image: Vec<u8>,
    /// The content when logging began, and everything since.
    pub(super) base: Vec<u8>,
    pub(super) ops: Vec<DiskOp>,
    noting: bool,
    /// The flush of this number from now fails; 0 for none.
    fails: u64,
}

/// The log, shared with the thread that serves the disk.
#[derive(Clone, Default)]
pub(super) struct SharedDiskLog(Arc<Mutex<DiskLog>>);

impl SharedDiskLog {
    pub(super) fn lock(&self) -> MutexGuard<'_, DiskLog> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The disk in use.
pub(super) struct LoggedDisk {
    session: Option<BackgroundSession>,
    pub(super) log: SharedDiskLog,
    pub(super) file: PathBuf,
}

impl LoggedDisk {
    /// A disk of this content, as a file in `dir`.
    pub(super) fn new(image: Vec<u8>, dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir)?;
        let log = SharedDiskLog::default();
        log.lock().image = image;
        let session = fuser::spawn_mount(ServedDisk(log.clone()), dir, &Config::default())
            .context("cannot mount a file system of FUSE")?;
        Ok(Self {
            session: Some(session),
            log,
            file: dir.join(NAME),
        })
    }

    /// Starts the log. The flush of the number `fails` (from 1) fails; 0: none.
    pub(super) fn start_log(&self, fails: u64) {
        let mut log = self.log.lock();
        log.base = log.image.clone();
        log.ops.clear();
        log.noting = true;
        log.fails = fails;
    }

    /// Ends the log; returns the content at its start, and the operations since.
    pub(super) fn take_log(&self) -> (Vec<u8>, Vec<DiskOp>) {
        let mut log = self.log.lock();
        log.noting = false;
        (std::mem::take(&mut log.base), std::mem::take(&mut log.ops))
    }

    /// Unmounts it.
    pub(super) fn unmount(mut self) -> Result<()> {
        if let Some(session) = self.session.take() {
            session.umount_and_join()?;
        }
        Ok(())
    }
}

struct ServedDisk(SharedDiskLog);

impl ServedDisk {
    fn attributes(&self, file: bool) -> FileAttr {
        let size = self.0.lock().image.len() as u64;
        FileAttr {
            ino: if file { FILE } else { INodeNo::ROOT },
            size: if file { size } else { 0 },
            blocks: size / 512,
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: if file {
                FileType::RegularFile
            } else {
                FileType::Directory
            },
            perm: 0o700,
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            flags: 0,
            blksize: 4096,
        }
    }
}

impl Filesystem for ServedDisk {
    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        if name == NAME {
            reply.entry(&TTL, &self.attributes(true), Generation(0));
        } else {
            reply.error(Errno::ENOENT);
        }
    }

    fn getattr(&self, _: &Request, inode: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&TTL, &self.attributes(inode == FILE));
    }

    /// Without the system's cache, so that each write comes as it is made.
    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(0), FopenFlags::FOPEN_DIRECT_IO);
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let log = self.0.lock();
        let from = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(log.image.len());
        let to = from.saturating_add(size as usize).min(log.image.len());
        reply.data(log.image.get(from..to).unwrap_or_default());
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut log = self.0.lock();
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        let Some(room) = log.image.get_mut(at..at.saturating_add(data.len())) else {
            reply.error(Errno::ENOSPC);
            return;
        };
        room.copy_from_slice(data);
        if log.noting {
            log.ops.push(DiskOp::Write {
                at,
                bytes: data.to_owned(),
            });
        }
        reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX));
    }

    /// Called when a file is closed; no flush of the disk.
    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let mut log = self.0.lock();
        if log.noting && log.fails == 1 {
            log.fails = 0;
            log.ops.push(DiskOp::Failed);
            reply.error(Errno::EIO);
            return;
        }
        log.fails = log.fails.saturating_sub(1);
        if log.noting {
            log.ops.push(DiskOp::Flush);
        }
        reply.ok();
    }
}
