//! Shared by the tests: a server with a sink on it, and an outbox in memory.

use journal::{
    JournalError, ObjectEncoding, PutAttempts, ScreenshotFile, Segment, UtcDay, VaultCopy,
    WaitingScreenshot,
};
use lab::s3::{FaultPlan, S3Server, S3ServerOptions};
use model::{Clock, DeviceId, Moment, Timestamp};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;
use upload::{
    Destination, DrainReport, ObjectStoreSink, Sink, Timeouts, UploadError, UploadQueue, open_sink,
    sha256_hex,
};

/// Short, so that a stall ends soon; long enough for a busy machine to answer on loopback.
pub(crate) const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(2),
    answer: Duration::from_secs(3),
    total: Duration::from_secs(10),
};

pub(crate) struct Lab {
    pub(crate) server: S3Server,
    pub(crate) dir: tempfile::TempDir,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self::with(FaultPlan::none())
    }

    pub(crate) fn with(faults: FaultPlan) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = S3ServerOptions::new(dir.path());
        options.faults = faults;
        let server = S3Server::start(options).unwrap();
        Self { server, dir }
    }

    /// A sink with the server's own settings, some of them replaced.
    pub(crate) fn sink(&self, changed: &[(&str, &str)]) -> ObjectStoreSink {
        open_sink(&self.destination(changed), TIMEOUTS).unwrap()
    }

    pub(crate) fn destination(&self, changed: &[(&str, &str)]) -> Destination {
        let mut vars: BTreeMap<String, String> = self
            .server
            .env()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        for (name, value) in changed {
            vars.insert((*name).to_owned(), (*value).to_owned());
        }
        Destination::resolve(None, &|name| vars.get(name).cloned(), Path::new("/nowhere")).unwrap()
    }
}

/// A clock that stands still.
pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> Moment {
        Moment {
            utc: Timestamp::from_micros(1_790_000_000_000_000),
            boot: Duration::from_micros(1),
            awake: Duration::from_micros(1),
        }
    }
}

/// An outbox in memory. Like the journal's it offers a screenshot or segment until it is acknowledged, and counts how
/// often each was; unlike it, it can be asked for trouble.
pub(crate) struct Queue {
    pub(crate) shots: RefCell<VecDeque<(u64, Vec<u8>)>>,
    pub(crate) segments: VecDeque<(u64, Vec<u8>)>,
    /// Acknowledged, in order: screenshot numbers, then first numbers of segments.
    pub(crate) acked_shots: Vec<u64>,
    pub(crate) acked_segments: Vec<u64>,
    /// Screenshots that turn out to be lost.
    pub(crate) lost: RefCell<BTreeSet<u64>>,
    /// Numbers whose put was begun, screenshots and first numbers of segments.
    pub(crate) begun: BTreeSet<u64>,
}

impl Queue {
    /// `n` segments, with `shots` screenshots, all of different content.
    pub(crate) fn new(segments: u64, shots: u64) -> Self {
        Self {
            shots: RefCell::new(
                (1..=shots)
                    .map(|n| (n, format!("screenshot {n} ").repeat(500).into_bytes()))
                    .collect(),
            ),
            segments: (1..=segments)
                .map(|n| {
                    let lines = format!("{{\"seq\":{n}}}\n");
                    (n * 1000, zstd::encode_all(lines.as_bytes(), 3).unwrap())
                })
                .collect(),
            acked_shots: Vec::new(),
            acked_segments: Vec::new(),
            lost: RefCell::default(),
            begun: BTreeSet::new(),
        }
    }

    /// Every object that must be in the sink at the end.
    pub(crate) fn expected(&self) -> BTreeMap<String, Vec<u8>> {
        let device = self.device();
        let day = UtcDay::of(Still.now().utc);
        let shots = self.shots.borrow();
        let shots = shots.iter().map(|(seq, body)| {
            let sha256 = sha256_hex(body);
            let key = upload::object_keys::screenshot_key(
                &device,
                7,
                day,
                *seq,
                &sha256,
                "image/webp",
                ObjectEncoding::Age,
            );
            (key, body.clone())
        });
        let segments = self.segments.iter().map(|(seq, body)| {
            let key = upload::object_keys::segment_key(
                &device,
                7,
                day,
                *seq,
                &sha256_hex(body),
                ObjectEncoding::Age,
            );
            (key, body.clone())
        });
        shots.chain(segments).collect()
    }

    pub(crate) fn drain(&mut self, sink: &dyn Sink) -> Result<DrainReport, UploadError> {
        upload::drain(self, sink, None, &Still, &mut |_| ControlFlow::Continue(()))
    }
}

impl UploadQueue for Queue {
    fn device(&self) -> DeviceId {
        DeviceId::from_bytes([5; 16])
    }

    fn epoch(&self) -> u64 {
        7
    }

    fn unsent_vault_copy(&self) -> Result<Option<VaultCopy>, JournalError> {
        Ok(None)
    }

    fn acknowledge_vault_copy(&mut self, _: u64, _: Timestamp) -> Result<(), JournalError> {
        Ok(())
    }

    fn next_screenshots(&self, limit: usize) -> Result<Vec<WaitingScreenshot>, JournalError> {
        let shots = self.shots.borrow();
        let waiting = shots
            .iter()
            .take(limit)
            .map(|(seq, body)| WaitingScreenshot {
                seq: *seq,
                day: UtcDay::of(Still.now().utc),
                media: "image/webp".into(),
                encoding: ObjectEncoding::Age,
                bytes: body.len() as u64,
                readable: None,
                tried: PutAttempts {
                    stored: self.begun.contains(seq),
                    readable: false,
                },
            });
        Ok(waiting.collect())
    }

    fn open_screenshot_file(&self, seq: u64) -> Result<ScreenshotFile, JournalError> {
        if self.lost.borrow_mut().remove(&seq) {
            let why = "the file is gone".into();
            self.shots.borrow_mut().retain(|(n, _)| *n != seq);
            return Err(JournalError::ScreenshotLost { seq, why });
        }
        let shots = self.shots.borrow();
        let (_, body) = shots.iter().find(|(n, _)| *n == seq).unwrap();
        Ok(ScreenshotFile {
            bytes: body.clone(),
            sha256: sha256_hex(body),
        })
    }

    fn begin_screenshot_puts(
        &mut self,
        shots: &[(u64, ObjectEncoding)],
    ) -> Result<Vec<u64>, JournalError> {
        let seqs: Vec<u64> = shots.iter().map(|(seq, _)| *seq).collect();
        self.begun.extend(&seqs);
        Ok(seqs)
    }

    fn acknowledge_screenshot(
        &mut self,
        seq: u64,
        encoding: ObjectEncoding,
        _: Timestamp,
    ) -> Result<(), JournalError> {
        let first = self.shots.get_mut().pop_front().unwrap();
        assert_eq!(first.0, seq, "in order, once");
        assert!(encoding == ObjectEncoding::Age && self.begun.contains(&seq));
        self.acked_shots.push(seq);
        Ok(())
    }

    fn next_segment(&self) -> Result<Option<Segment>, JournalError> {
        Ok(self.segments.front().map(|(seq, body)| Segment {
            first_seq: *seq,
            last_seq: seq + 9,
            count: 10,
            day: UtcDay::of(Still.now().utc),
            encoding: ObjectEncoding::Age,
            body: Some(body.clone()),
            bytes: body.len() as u64,
            sha256: sha256_hex(body),
            readable: None,
            tried: PutAttempts {
                stored: self.begun.contains(seq),
                readable: false,
            },
        }))
    }

    fn begin_segment_put(
        &mut self,
        segment: &Segment,
        _: ObjectEncoding,
    ) -> Result<bool, JournalError> {
        assert!(
            self.shots.borrow().is_empty(),
            "screenshots go before segments"
        );
        self.begun.insert(segment.first_seq);
        Ok(true)
    }

    fn rebuild_segment(&mut self, _: u64, _: u64) -> Result<(), JournalError> {
        unreachable!("no body is ever gone")
    }

    fn acknowledge_segment(
        &mut self,
        first: u64,
        _: u64,
        encoding: ObjectEncoding,
        _: Timestamp,
    ) -> Result<(), JournalError> {
        assert_eq!(
            self.segments.pop_front().unwrap().0,
            first,
            "in order, once"
        );
        assert!(encoding == ObjectEncoding::Age && self.begun.contains(&first));
        self.acked_segments.push(first);
        Ok(())
    }
}
