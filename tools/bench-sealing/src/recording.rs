//! An hour of recording, in the very steps of the agent (a checkpoint each five seconds, a picture and a segment each
//! five minutes) but without its sensors and displays; then everything that was sealed in it is sealed once more, alone.

use crate::days::window;
use crate::{ZONE, writer};
use anyhow::Result;
use journal::{Commit, FreezeOptions, JournalKeys, SegmentLimits};
use model::{
    ActiveWindow, Counts, DeviceId, Moment, RECORD_SCHEMA, Record, RecordLineRef, Screenshot,
    SensorEvent, WindowHandle,
};
use recorder::{ExclusionRules, Recorder, RecorderInput, RecorderSettings};
use report::RollupBuilder;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;
use vault::{Aad, Identity, KeyMaker, Opener};

/// Bytes of a picture, as the rows about shots measure it.
const PICTURE: usize = 60_000;

/// CPU time of this process so far, in milliseconds.
fn cpu_ms() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "exact for years")]
    let (seconds, nanos) = (time.tv_sec as f64, time.tv_nsec as f64);
    seconds * 1e3 + nanos / 1e6
}

/// What was sealed.
#[derive(Default)]
struct Sealed {
    rows: Vec<Vec<u8>>,
    /// How many of the rows are records, which are opened again to be packed.
    records: Vec<usize>,
    files: Vec<Vec<u8>>,
}

pub(crate) fn hour(dir: &Path) -> Result<Value> {
    let (viewer, lease) = (Identity::generate(), Identity::generate());
    let device = DeviceId::from_bytes([7; 16]);
    let maker = KeyMaker::new([viewer.recipient(), lease.recipient()])?;
    let opener = Opener::new([lease]);
    let keys = JournalKeys {
        device: device.clone(),
        maker: maker.clone(),
        opener: opener.clone(),
    };
    let mut now = Moment {
        utc_us: 1_781_510_400_000_000,
        boot_us: 1_000_000_000,
        awake_us: 1_000_000_000,
    };
    let mut journal = writer(&dir.join("journal"), keys, now.utc_us)?;
    let mut rollups = RollupBuilder::new(journal.first_clear_slot()?);
    let mut sealed = Sealed::default();
    let rules = FreezeOptions {
        last: false,
        limits: SegmentLimits::default(),
        hold_us: 600_000_000,
        readable: false,
    };
    let picture: Vec<u8> = (0..PICTURE)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 9) as u8)
        .collect();
    let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&picture));

    let before = cpu_ms();
    let mut bench = 0.0;
    let mut recorder = Recorder::start(
        RecorderSettings {
            idle_limit_us: 60_000_000,
            idle_sensor: true,
            low_percent: 20,
            resume_percent: 25,
            exclusions: ExclusionRules::new(&[])?,
            zone: ZONE.into(),
            unsupported: Vec::new(),
        },
        now,
    );
    let mut frozen = 0;
    for tenth in 0..36_000_usize {
        now = now.plus_us(100_000);
        if tenth % 150 == 0 {
            let window = window(tenth / 150);
            let handle = WindowHandle((tenth / 150) as u64);
            let active = Some(ActiveWindow { handle, window });
            recorder.step(now, RecorderInput::Event(SensorEvent::Window { active }));
        }
        let mut counts = Counts::default();
        if tenth % 5 == 0 {
            counts.hardware.left = 1;
        } else {
            counts.hardware.keys = 1;
        }
        recorder.step(now, RecorderInput::Event(SensorEvent::Input { counts }));
        if tenth % 3_000 == 2_999 {
            let shot = Screenshot {
                at_us: now.utc_us,
                zone: ZONE.into(),
                sha256: sha256.clone(),
                bytes: picture.len() as u64,
                media: "image/webp".to_owned(),
                width: 1920,
                height: 1080,
                screen_width: 1920,
                screen_height: 1080,
                blurred: false,
                removed: false,
                window: Some(window(tenth / 150)),
            };
            let seq = journal.add_shot(&shot, &picture, now.utc_us)?;
            frozen += journal.freeze(now.utc_us, &rules)?.segments;
            let apart = cpu_ms();
            sealed.records.push(sealed.rows.len());
            sealed.rows.push(line(&device, seq, &Record::Shot(shot))?);
            sealed.files.push(picture.clone());
            bench += cpu_ms() - apart;
        }
        if tenth % 50 == 49 {
            let out = recorder.checkpoint(now);
            for record in &out.records {
                if let Record::Span(span) = record {
                    rollups.add(span);
                }
            }
            let done = rollups.done();
            let seqs = journal.commit(Commit {
                records: &out.records,
                pending_put: &out.pending_put,
                pending_drop_below: out.pending_drop_below,
                rollups: &done,
                at_us: now.utc_us,
            })?;
            // What the measuring itself costs is not the recording's.
            let apart = cpu_ms();
            for (seq, record) in seqs.iter().zip(&out.records) {
                sealed.records.push(sealed.rows.len());
                sealed.rows.push(line(&device, *seq, record)?);
            }
            for (_, span) in &out.pending_put {
                sealed.rows.push(serde_json::to_vec(span)?);
            }
            sealed
                .rows
                .extend(done.iter().map(|(_, bytes)| bytes.to_vec()));
            rollups.written();
            bench += cpu_ms() - apart;
        }
    }
    let core_ms = cpu_ms() - before - bench;
    // Segments hold the records of the time between two packings.
    let per_segment = sealed
        .records
        .len()
        .div_ceil(usize::try_from(frozen)?.max(1));
    let segments: Vec<Vec<u8>> = sealed
        .records
        .chunks(per_segment)
        .map(|rows| {
            let lines: Vec<&[u8]> = rows.iter().map(|n| sealed.rows[*n].as_slice()).collect();
            zstd::encode_all(lines.join(&b'\n').as_slice(), 3)
        })
        .collect::<std::io::Result<_>>()?;
    sealed.files.extend(segments);
    let seal_ms = again(&sealed, &device, &maker, &opener)?;
    Ok(json!({
        "core_ms": core_ms,
        "seal_ms": seal_ms,
        "share_percent": seal_ms / core_ms * 100.0,
        "rows": sealed.rows.len(),
        "records": sealed.records.len(),
        "files": sealed.files.len(),
        "segments": frozen,
    }))
}

fn line(device: &DeviceId, seq: u64, record: &Record) -> Result<Vec<u8>> {
    Ok(serde_json::to_vec(&RecordLineRef {
        schema: RECORD_SCHEMA,
        device_id: device,
        seq,
        record,
    })?)
}

/// Seals everything once more; the CPU time of it, in milliseconds, the opening of each record for its segment included.
fn again(sealed: &Sealed, device: &DeviceId, maker: &KeyMaker, opener: &Opener) -> Result<f64> {
    let before = cpu_ms();
    let session = maker.new_session()?;
    let place = |n: usize| Aad {
        device: device.as_str(),
        session: &session.id,
        seq: n as u64,
        schema: RECORD_SCHEMA,
        what: "record",
    };
    let mut rows = Vec::with_capacity(sealed.rows.len());
    for (n, row) in sealed.rows.iter().enumerate() {
        rows.push(session.sealer().seal(&place(n), row)?);
    }
    for n in &sealed.records {
        let plain = opener.open(&session.wrapped_key, &place(*n), &rows[*n])?;
        anyhow::ensure!(plain == sealed.rows[*n], "a row opens to something else");
    }
    for file in &sealed.files {
        anyhow::ensure!(
            maker.seal_file(file)?.len() > file.len(),
            "nothing was sealed"
        );
    }
    Ok(cpu_ms() - before)
}
