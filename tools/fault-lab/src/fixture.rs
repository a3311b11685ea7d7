//! A journal to be broken: its keys, and records whose every byte follows from a number, their tag.

use anyhow::{Context, Result};
use journal::{DB_NAME, Journal, JournalKeys, Reader, RecoveryReport};
use model::{
    Clock, Counts, Coverage, DeviceId, InputCounts, Moment, RECORD_SCHEMA, Record, RecordLineRef,
    Screenshot, Span, Timestamp, WindowInfo,
};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use upload::{Destination, ObjectStoreSink, Timeouts};
use vault::{Identity, Opener, Sealer};

/// 2026-09-21, in the afternoon.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_790_000_000);
/// Time from one tag to the next.
const STEP: Duration = Duration::from_secs(10);

/// The directory of one lab journal, and the key that reads it.
pub(crate) struct JournalFixture {
    pub(crate) dir: PathBuf,
    pub(crate) viewer: Identity,
}

/// The device of every lab journal.
pub(crate) fn lab_device() -> DeviceId {
    DeviceId::from_bytes([7; 16])
}

impl JournalFixture {
    /// A new journal in `dir`, which must exist.
    pub(crate) fn new(dir: &Path) -> Result<Self> {
        let fixture = Self {
            dir: dir.to_owned(),
            viewer: Identity::generate(),
        };
        fs::write(dir.join("viewer"), fixture.viewer.recipient().to_string())?;
        fixture.renew_lease()?;
        Ok(fixture)
    }

    /// Replaces the lease, as after the end of the supervisor: the next child cannot open records sealed so far.
    pub(crate) fn renew_lease(&self) -> Result<()> {
        Ok(fs::write(
            self.dir.join("lease"),
            &*Identity::generate().reveal(),
        )?)
    }

    pub(crate) fn journal_dir(&self) -> PathBuf {
        journal_in_dir(&self.dir)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.journal_dir().join(DB_NAME)
    }

    pub(crate) fn opener(&self) -> Opener {
        Opener::new([self.viewer.clone()])
    }

    pub(crate) fn open_reader(&self) -> Result<Reader> {
        Ok(Reader::open(&self.journal_dir(), self.opener())?)
    }
}

pub(crate) fn journal_in_dir(dir: &Path) -> PathBuf {
    dir.join("journal")
}

/// The writer's keys, in a process that knows only the fixture's directory.
pub(crate) fn read_keys(dir: &Path) -> Result<JournalKeys> {
    let lease: Identity = fs::read_to_string(dir.join("lease"))?
        .parse()
        .context("the lease")?;
    let viewer = fs::read_to_string(dir.join("viewer"))?
        .parse()
        .context("the viewer's key")?;
    Ok(JournalKeys {
        device: lab_device(),
        sealer: Sealer::new([viewer, lease.recipient()])?,
        opener: Opener::new([lease]),
    })
}

/// Opens the writer of the fixture in `dir`.
pub(crate) fn open_journal(dir: &Path, at: Timestamp) -> Result<(Journal, RecoveryReport)> {
    Ok(Journal::open(&journal_in_dir(dir), read_keys(dir)?, at)?)
}

/// Start of the record of a tag.
pub(crate) fn time_of(tag: u64) -> Timestamp {
    START + u32::try_from(tag).unwrap_or(0) * STEP
}

/// The tag of a record, also of one that was emptied.
pub(crate) fn tag_of(record: &Record) -> Option<u64> {
    let after = record.start().as_micros() - START.as_micros();
    u64::try_from(after / i64::try_from(STEP.as_micros()).ok()?).ok()
}

/// The span of a tag.
pub(crate) fn make_span(tag: u64) -> Span {
    Span {
        start: time_of(tag),
        duration: STEP,
        zone: "Europe/Berlin".into(),
        state: Coverage::Active,
        protected: tag.is_multiple_of(11),
        redacted: false,
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

/// The screenshot of a tag, and its image (200 bytes to 24 KiB).
pub(crate) fn make_screenshot(tag: u64) -> (Screenshot, Vec<u8>) {
    let bytes = 200 + usize::try_from(tag.wrapping_mul(7919) % 24_000).unwrap_or(0);
    let mut image = format!("screenshot {tag} ").into_bytes();
    let mut noise = tag;
    while image.len() < bytes {
        noise = noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        image.extend_from_slice(&noise.to_le_bytes());
    }
    let shot = Screenshot {
        at: time_of(tag),
        zone: "Europe/Berlin".into(),
        sha256: upload::sha256_hex(&image),
        bytes: image.len() as u64,
        media: "image/webp".into(),
        width: 10,
        height: 20,
        screen_width: 10,
        screen_height: 20,
        blurred: false,
        redacted: false,
        window: None,
    };
    (shot, image)
}

/// The bytes of a record's line, without the line feed.
pub(crate) fn encode_line(seq: u64, record: &Record) -> Result<Vec<u8>> {
    Ok(serde_json::to_vec(&RecordLineRef {
        schema: RECORD_SCHEMA,
        device_id: &lab_device(),
        seq,
        record,
    })?)
}

/// True when the record of a tag is a screenshot.
pub(crate) fn is_screenshot(tag: u64) -> bool {
    tag % 5 == 4
}

/// The record of a tag.
pub(crate) fn make_record(tag: u64) -> Record {
    if is_screenshot(tag) {
        Record::Shot(make_screenshot(tag).0)
    } else {
        Record::Span(make_span(tag))
    }
}

/// A clock that always shows this time.
pub(crate) struct FixedClock(pub(crate) Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Moment {
        Moment {
            utc: self.0,
            boot: Duration::from_micros(1),
            awake: Duration::from_micros(1),
        }
    }
}

/// A temporary directory in memory where possible: as good as a disk for everything but a power cut.
pub(crate) fn make_fast_dir() -> Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir()
        && let Ok(dir) = tempfile::tempdir_in(memory)
    {
        return Ok(dir);
    }
    Ok(tempfile::tempdir()?)
}

/// A lookup of variables in a list of them.
pub(crate) fn find_in(
    env: impl IntoIterator<Item = (&'static str, String)>,
) -> impl Fn(&str) -> Option<String> {
    let env: BTreeMap<&str, String> = env.into_iter().collect();
    move |name: &str| env.get(name).cloned()
}

/// The sink that the variables name, or else the folder `otherwise`.
pub(crate) fn open_sink(
    find: &dyn Fn(&str) -> Option<String>,
    otherwise: &Path,
    timeouts: Timeouts,
) -> Result<ObjectStoreSink> {
    let destination = Destination::resolve(None, find, otherwise)?;
    Ok(upload::open_sink(&destination, timeouts)?)
}

/// Reads the objects in the folder that stands for a bucket. Unfinished files of a failed write are skipped: their names
/// hold a `#`.
pub(crate) fn read_sent_objects(root: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    if !root.exists() {
        return Ok(BTreeMap::new());
    }
    let mut found = lab::s3::read_objects(root)?;
    found.retain(|name, _| !name.contains('#'));
    Ok(found)
}
