//! An hour of recording, in the very steps of the agent (a checkpoint each five seconds, a screenshot and a segment each
//! five minutes) but without its sensors and displays; then everything that was sealed in it is sealed once more, alone.

use crate::measure::process_cpu_ms;
use crate::year::{ZONE, figures_window, open_journal};
use anyhow::Result;
use journal::{Commit, FreezeOptions, Journal, JournalKeys, SegmentLimits};
use model::{
    ActiveWindow, Counts, DeviceId, Moment, RECORD_SCHEMA, Record, RecordLineRef, Screenshot,
    SensorEvent, Timestamp, WindowHandle,
};
use recorder::{ExclusionRules, Recorder, RecorderInput, RecorderSettings};
use report::RollupBuilder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Duration;
use vault::{Aad, Identity, Opener, Sealer};

/// Bytes of a screenshot, as the rows about screenshots measure it.
const SCREENSHOT_BYTES: usize = 60_000;

/// Everything that was sealed, in clear.
#[derive(Default)]
struct SealedSample {
    rows: Vec<Vec<u8>>,
    /// The places of the rows that are records: they are opened again to be packed into segments.
    records: Vec<usize>,
    files: Vec<Vec<u8>>,
}

impl SealedSample {
    fn keep_record(&mut self, device: &DeviceId, seq: u64, record: &Record) -> Result<()> {
        self.records.push(self.rows.len());
        self.rows.push(serde_json::to_vec(&RecordLineRef {
            schema: RECORD_SCHEMA,
            device_id: device,
            seq,
            record,
        })?);
        Ok(())
    }
}

/// An hour that is being recorded.
struct RecordedHour {
    device: DeviceId,
    now: Moment,
    recorder: Recorder,
    journal: Journal,
    rollups: RollupBuilder,
    screenshot: Vec<u8>,
    sha256: String,
    sealed: SealedSample,
    segments: u64,
    /// CPU time of keeping `sealed`, which is not the recording's, in milliseconds.
    overhead_ms: f64,
}

/// Records an hour at ten events a second in `dir`; returns the CPU time of it and of the sealing in it.
///
/// # Errors
/// When the journal cannot be written, or a sealed row opens to something else.
pub(crate) fn record_hour(dir: &Path) -> Result<Value> {
    let (viewer, lease) = (Identity::generate(), Identity::generate());
    let device = DeviceId::from_bytes([7; 16]);
    let sealer = Sealer::new([viewer.recipient(), lease.recipient()])?;
    let opener = Opener::new([lease]);
    let keys = JournalKeys {
        device: device.clone(),
        sealer: sealer.clone(),
        opener: opener.clone(),
    };
    let now = Moment {
        utc: Timestamp::from_micros(1_781_510_400_000_000),
        boot: Duration::from_micros(1_000_000_000),
        awake: Duration::from_micros(1_000_000_000),
    };
    let journal = open_journal(&dir.join("journal"), keys, now.utc.as_micros())?;
    let rollups = RollupBuilder::new(journal.first_free_quarter_hour()?);
    let screenshot: Vec<u8> = (0..SCREENSHOT_BYTES)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 9) as u8)
        .collect();
    let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&screenshot));

    let before = process_cpu_ms();
    let mut hour = RecordedHour {
        device: device.clone(),
        now,
        recorder: start_recorder(now)?,
        journal,
        rollups,
        screenshot,
        sha256,
        sealed: SealedSample::default(),
        segments: 0,
        overhead_ms: 0.0,
    };
    for tenth in 0..36_000 {
        hour.record_tenth(tenth)?;
    }
    let core_ms = process_cpu_ms() - before - hour.overhead_ms;

    let (mut sealed, segments) = (hour.sealed, hour.segments);
    pack_segments(&mut sealed, usize::try_from(segments)?)?;
    let seal_ms = seal_again(&sealed, &device, &sealer, &opener)?;
    Ok(json!({
        "core_ms": core_ms,
        "seal_ms": seal_ms,
        "share_percent": seal_ms / core_ms * 100.0,
        "rows": sealed.rows.len(),
        "records": sealed.records.len(),
        "files": sealed.files.len(),
        "segments": segments,
    }))
}

fn start_recorder(now: Moment) -> Result<Recorder> {
    let settings = RecorderSettings {
        idle_limit: Duration::from_secs(60),
        idle_sensor: true,
        low_percent: 20,
        resume_percent: 25,
        exclusions: ExclusionRules::new(&[])?,
        zone: ZONE.into(),
        unsupported: Vec::new(),
    };
    Ok(Recorder::start(settings, now))
}

impl RecordedHour {
    /// One event; every 15 s another window, every 5 s a checkpoint, every 5 min a screenshot and a segment.
    fn record_tenth(&mut self, tenth: usize) -> Result<()> {
        self.now = self.now + Duration::from_micros(100_000);
        if tenth.is_multiple_of(150) {
            let active = Some(ActiveWindow {
                handle: WindowHandle((tenth / 150) as u64),
                window: figures_window(tenth / 150),
            });
            self.recorder.step(
                self.now,
                RecorderInput::Event(SensorEvent::Window { active }),
            );
        }
        let mut counts = Counts::default();
        if tenth.is_multiple_of(5) {
            counts.hardware.left = 1;
        } else {
            counts.hardware.keys = 1;
        }
        self.recorder.step(
            self.now,
            RecorderInput::Event(SensorEvent::Input { counts }),
        );
        if tenth % 3_000 == 2_999 {
            self.add_screenshot(tenth / 150)?;
        }
        if tenth % 50 == 49 {
            self.commit_checkpoint()?;
        }
        Ok(())
    }

    fn add_screenshot(&mut self, window: usize) -> Result<()> {
        let shot = Screenshot {
            at: self.now.utc,
            zone: ZONE.into(),
            sha256: self.sha256.clone(),
            bytes: self.screenshot.len() as u64,
            media: "image/webp".to_owned(),
            width: 1920,
            height: 1080,
            screen_width: 1920,
            screen_height: 1080,
            blurred: false,
            redacted: false,
            window: Some(figures_window(window)),
        };
        let rules = FreezeOptions {
            last: false,
            limits: SegmentLimits::default(),
            hold: Duration::from_micros(600_000_000),
            readable: false,
        };
        let now_us = self.now.utc.as_micros();
        let seq =
            self.journal
                .add_screenshot(&shot, &self.screenshot, Timestamp::from_micros(now_us))?;
        self.segments += self
            .journal
            .freeze(Timestamp::from_micros(now_us), &rules)?
            .segments;
        let before = process_cpu_ms();
        self.sealed
            .keep_record(&self.device, seq, &Record::Shot(shot))?;
        self.sealed.files.push(self.screenshot.clone());
        self.overhead_ms += process_cpu_ms() - before;
        Ok(())
    }

    fn commit_checkpoint(&mut self) -> Result<()> {
        let out = self.recorder.take_batch(self.now);
        for record in &out.records {
            if let Record::Span(span) = record {
                self.rollups.add(span);
            }
        }
        let done = self.rollups.pending_rollups();
        let seqs = self.journal.commit(Commit {
            records: &out.records,
            provisional_put: &out.provisional_put,
            provisional_drop_below: out.provisional_drop_below,
            rollups: &done,
            at: self.now.utc,
        })?;
        let before = process_cpu_ms();
        for (seq, record) in seqs.iter().zip(&out.records) {
            self.sealed.keep_record(&self.device, *seq, record)?;
        }
        for (_, span) in &out.provisional_put {
            self.sealed.rows.push(serde_json::to_vec(span)?);
        }
        let lines = done.iter().map(|(_, bytes)| bytes.to_vec());
        self.sealed.rows.extend(lines);
        self.rollups.mark_written();
        self.overhead_ms += process_cpu_ms() - before;
        Ok(())
    }
}

/// Adds the segments to the files: each holds the records of the time between two packings.
fn pack_segments(sealed: &mut SealedSample, segments: usize) -> Result<()> {
    let per_segment = sealed.records.len().div_ceil(segments.max(1));
    for rows in sealed.records.chunks(per_segment) {
        let lines: Vec<&[u8]> = rows.iter().map(|n| sealed.rows[*n].as_slice()).collect();
        let packed = zstd::encode_all(lines.join(&b'\n').as_slice(), 3)?;
        sealed.files.push(packed);
    }
    Ok(())
}

/// Seals everything once more and returns the CPU milliseconds of it, opening each record for its segment included.
fn seal_again(
    sealed: &SealedSample,
    device: &DeviceId,
    sealer: &Sealer,
    opener: &Opener,
) -> Result<f64> {
    let before = process_cpu_ms();
    let session = sealer.new_session()?;
    let aad = |n: usize| Aad {
        device: device.as_str(),
        session: &session.id,
        seq: n as u64,
        schema: RECORD_SCHEMA,
        kind: "record",
    };
    let mut rows = Vec::with_capacity(sealed.rows.len());
    for (n, row) in sealed.rows.iter().enumerate() {
        rows.push(session.seal(&aad(n), row)?);
    }
    for n in &sealed.records {
        let plain = opener.open(&session.wrapped_key, &aad(*n), &rows[*n])?;
        anyhow::ensure!(plain == sealed.rows[*n], "a row opens to something else");
    }
    for file in &sealed.files {
        anyhow::ensure!(
            sealer.seal_file(file)?.len() > file.len(),
            "nothing was sealed"
        );
    }
    Ok(process_cpu_ms() - before)
}
