//! A journal to be broken: its keys, and records whose every byte follows from a number, their tag.

use anyhow::{Context, Result};
use journal::{DB_NAME, Journal, JournalKeys, Reader, RecoveryReport};
use model::{
    Clock, Counts, Coverage, DeviceId, InputCounts, Moment, RECORD_SCHEMA, Record, RecordLineRef,
    Screenshot, Span, WindowInfo,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vault::{Identity, KeyMaker, Opener};

/// 2026-09-21, in the afternoon.
pub(crate) const START_US: i64 = 1_790_000_000_000_000;
/// From one tag to the next.
const STEP_US: i64 = 10_000_000;

/// The directory of one lab journal, and who may read it.
pub(crate) struct Desk {
    pub(crate) dir: PathBuf,
    pub(crate) viewer: Identity,
}

/// The device of every lab journal.
pub(crate) fn device() -> DeviceId {
    DeviceId::from_bytes([7; 16])
}

impl Desk {
    /// A new one in `dir`, which must exist.
    pub(crate) fn new(dir: &Path) -> Result<Self> {
        let desk = Self {
            dir: dir.to_owned(),
            viewer: Identity::generate(),
        };
        fs::write(dir.join("viewer"), desk.viewer.recipient().to_string())?;
        desk.new_lease()?;
        Ok(desk)
    }

    /// The supervisor died, and its lease with it: what was sealed so far is closed to the next child.
    pub(crate) fn new_lease(&self) -> Result<()> {
        Ok(fs::write(
            self.dir.join("lease"),
            &*Identity::generate().reveal(),
        )?)
    }

    pub(crate) fn at(&self) -> PathBuf {
        journal_in(&self.dir)
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.at().join(DB_NAME)
    }

    pub(crate) fn opener(&self) -> Opener {
        Opener::new([self.viewer.clone()])
    }

    pub(crate) fn reader(&self) -> Result<Reader> {
        Ok(Reader::open(&self.at(), self.opener())?)
    }
}

pub(crate) fn journal_in(dir: &Path) -> PathBuf {
    dir.join("journal")
}

/// The writer's keys, in a process that knows only the desk's directory.
pub(crate) fn keys_in(dir: &Path) -> Result<JournalKeys> {
    let lease: Identity = fs::read_to_string(dir.join("lease"))?
        .parse()
        .context("the lease")?;
    let viewer = fs::read_to_string(dir.join("viewer"))?
        .parse()
        .context("the viewer's key")?;
    Ok(JournalKeys {
        device: device(),
        maker: KeyMaker::new([viewer, lease.recipient()])?,
        opener: Opener::new([lease]),
    })
}

/// Opens the writer of the desk in `dir`.
pub(crate) fn open(dir: &Path, at_us: i64) -> Result<(Journal, RecoveryReport)> {
    Ok(Journal::open(&journal_in(dir), keys_in(dir)?, at_us)?)
}

/// When the record of a tag begins.
pub(crate) fn time_of(tag: u64) -> i64 {
    START_US + i64::try_from(tag).unwrap_or(0) * STEP_US
}

/// The tag of a record, also of one that was emptied.
pub(crate) fn tag_of(record: &Record) -> Option<u64> {
    u64::try_from((record.start_us() - START_US) / STEP_US).ok()
}

/// The span of a tag.
pub(crate) fn span(tag: u64) -> Span {
    Span {
        start_us: time_of(tag),
        dur_us: STEP_US.unsigned_abs(),
        zone: "Europe/Berlin".into(),
        state: Coverage::Active,
        protected: tag.is_multiple_of(11),
        removed: false,
        window: Some(Arc::new(WindowInfo {
            app: "Editor".into(),
            exe: "/usr/bin/editor".into(),
            title: format!(
                "tag {tag}: a\u{202e}b \"quoted\" – naïve{}",
                ".".repeat(usize::try_from(tag % 97).unwrap_or(0))
            ),
        })),
        counts: Counts {
            hardware: InputCounts {
                keys: tag,
                ..InputCounts::default()
            },
            ..Counts::default()
        },
    }
}

/// The shot of a tag, and its picture (200 bytes to 24 KiB).
pub(crate) fn shot(tag: u64) -> (Screenshot, Vec<u8>) {
    let bytes = 200 + usize::try_from(tag.wrapping_mul(7919) % 24_000).unwrap_or(0);
    let mut picture = format!("picture {tag} ").into_bytes();
    let mut noise = tag;
    while picture.len() < bytes {
        noise = noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        picture.extend_from_slice(&noise.to_le_bytes());
    }
    let shot = Screenshot {
        at_us: time_of(tag),
        zone: "Europe/Berlin".into(),
        sha256: upload::sha256_hex(&picture),
        bytes: picture.len() as u64,
        media: "image/webp".into(),
        width: 10,
        height: 20,
        screen_width: 10,
        screen_height: 20,
        blurred: false,
        removed: false,
        window: None,
    };
    (shot, picture)
}

/// The bytes of a record's line, without the line feed.
pub(crate) fn line(seq: u64, record: &Record) -> Result<Vec<u8>> {
    Ok(serde_json::to_vec(&RecordLineRef {
        schema: RECORD_SCHEMA,
        device_id: &device(),
        seq,
        record,
    })?)
}

/// A clock that stands still.
pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> Moment {
        Moment {
            utc_us: START_US,
            boot_us: 1,
            awake_us: 1,
        }
    }
}

/// A directory in memory where there is one: as good as a disk for everything but a power cut.
pub(crate) fn quick_dir() -> Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir()
        && let Ok(dir) = tempfile::tempdir_in(memory)
    {
        return Ok(dir);
    }
    Ok(tempfile::tempdir()?)
}
