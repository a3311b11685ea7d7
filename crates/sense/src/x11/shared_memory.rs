//! Memory shared with the X server, which writes screenshots into it.
//!
//! Always true:
//! * the memory file is sealed against shrinking, so no mapping of it can fault;
//! * the server writes only while it works on a request of ours, and no request is under way while the pixels are borrowed
//!   (`&mut` on the way to the request, `&` on the borrow);
//! * [`SharedMemory::release_pages`] gives the pages back to the system and keeps the mapping.

use super::connection::{X11Connection, X11Error, ignore_missing_window};
use rustix::fs::{FallocateFlags, MemfdFlags, SealFlags};
use rustix::mm::{MapFlags, ProtFlags};
use std::ffi::c_void;
use std::os::fd::OwnedFd;
use std::ptr::NonNull;
use x11rb::connection::Connection;
use x11rb::protocol::shm::ConnectionExt as _;

/// A mapped memory file that the X server has attached.
pub(super) struct SharedMemory {
    id: u32,
    file: OwnedFd,
    start: NonNull<u8>,
    bytes: usize,
}

#[expect(
    unsafe_code,
    reason = "the mapping has no thread affinity; the type hands out its memory by borrow rules only"
)]
// SAFETY: the pointer is to a mapping that this value owns alone and that any thread of the process may read.
unsafe impl Send for SharedMemory {}

impl SharedMemory {
    /// Makes `bytes` of memory and attaches it to the server; `Ok(Err)` says why the server will not have it.
    pub(super) fn attach(
        link: &X11Connection,
        bytes: usize,
    ) -> Result<Result<Self, String>, X11Error> {
        let (file, start) = match map(bytes) {
            Ok(made) => made,
            Err(error) => return Ok(Err(format!("no shared memory: {error}"))),
        };
        let for_server = match rustix::io::dup(&file) {
            Ok(fd) => fd,
            Err(error) => {
                unmap(start, bytes);
                return Ok(Err(format!("no shared memory: {error}")));
            }
        };
        let attached = || -> Result<Option<u32>, X11Error> {
            let id = link.conn.generate_id()?;
            let cookie = link.conn.shm_attach_fd(id, for_server, false)?;
            Ok(ignore_missing_window(cookie.check())?.map(|()| id))
        };
        match attached() {
            Ok(Some(id)) => Ok(Ok(Self {
                id,
                file,
                start,
                bytes,
            })),
            Ok(None) => {
                unmap(start, bytes);
                Ok(Err("the X server refuses shared memory".into()))
            }
            Err(error) => {
                unmap(start, bytes);
                Err(error)
            }
        }
    }

    /// The server's number for it.
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// Its size in bytes.
    pub(super) fn size(&self) -> usize {
        self.bytes
    }

    /// The bytes that the server wrote. Call only when no request that writes is under way.
    #[expect(unsafe_code, reason = "reads the mapping")]
    pub(super) fn pixels(&self) -> &[u8] {
        // SAFETY: `start` maps `bytes` readable bytes until `self` is dropped, and the seal keeps the file from
        // shrinking below them. Nobody writes during the borrow: we never do, and the server does only on our request,
        // whose reply was awaited before this call.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.bytes) }
    }

    /// Gives the memory's pages back; their content is gone.
    pub(super) fn release_pages(&mut self) {
        let length = u64::try_from(self.bytes).unwrap_or(0);
        // Where the system cannot do it, the memory is merely kept.
        let _ = rustix::fs::fallocate(
            &self.file,
            FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE,
            0,
            length,
        );
    }

    /// Tells the server to let go of it.
    pub(super) fn detach(self, link: &X11Connection) -> Result<(), X11Error> {
        link.conn.shm_detach(self.id)?;
        Ok(())
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        unmap(self.start, self.bytes);
    }
}

#[expect(unsafe_code, reason = "maps memory")]
fn map(bytes: usize) -> rustix::io::Result<(OwnedFd, NonNull<u8>)> {
    let file = rustix::fs::memfd_create(
        "uam-screenshot",
        MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
    )?;
    let length = u64::try_from(bytes).map_err(|_| rustix::io::Errno::INVAL)?;
    rustix::fs::ftruncate(&file, length)?;
    rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW)?;
    // SAFETY: a new mapping at an address of the kernel's choice touches no memory that exists already.
    let start = unsafe {
        rustix::mm::mmap(
            std::ptr::null_mut(),
            bytes,
            ProtFlags::READ,
            MapFlags::SHARED,
            &file,
            0,
        )?
    };
    let start = NonNull::new(start.cast::<u8>()).ok_or(rustix::io::Errno::NOMEM)?;
    Ok((file, start))
}

#[expect(unsafe_code, reason = "unmaps what `map` mapped")]
fn unmap(start: NonNull<u8>, bytes: usize) {
    // SAFETY: called once for each mapping of `map`, by its only owner, when no borrow of it is left. Failure would
    // leave it mapped, which is safe.
    let _ = unsafe { rustix::mm::munmap(start.as_ptr().cast::<c_void>(), bytes) };
}
