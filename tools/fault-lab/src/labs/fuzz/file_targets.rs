//! Readers of files: traces, segments, records, the vault, codes and keys.

use super::target::{FuzzTarget, read_text, write_input};
use crate::fixture::{self, make_record};
use anyhow::{Context, Result};
use journal::{FreezeOptions, ObjectEncoding, Outbox, open_segment};
use model::{
    ActiveWindow, Counts, Moment, PowerState, RecordLine, SensorEvent, SensorKind, TimedEvent,
    WindowHandle,
};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use upload::object_keys::{self, ObjectKey};
use vault::{Factor, NewVault, RecoveryCode, TotpSecret, Vault};

pub(super) fn input_trace() -> Result<FuzzTarget> {
    let at = Moment {
        utc: fixture::START,
        boot: Duration::from_micros(5_000_000),
        awake: Duration::from_micros(5_000_000),
    };
    let window = fixture::make_span(1)
        .window
        .context("a span without a window")?;
    let events = [
        SensorEvent::Window {
            active: Some(ActiveWindow {
                handle: WindowHandle(7),
                window: Arc::clone(&window),
            }),
        },
        SensorEvent::Input {
            counts: Counts::default(),
        },
        SensorEvent::Idle {
            idle: Duration::from_micros(60_000_000),
        },
        SensorEvent::Present,
        SensorEvent::Lock { locked: true },
        SensorEvent::Power {
            power: PowerState {
                percent: 50,
                discharging: true,
            },
        },
        SensorEvent::Lost {
            concern: SensorKind::Input,
            reason: "gone".to_owned(),
        },
    ];
    let mut writer = sense::replay::TraceWriter::new(b"# a trace\n".to_vec());
    for event in events {
        writer.record(&TimedEvent { at, event })?;
    }
    Ok(FuzzTarget {
        name: "trace",
        share: 1,
        seeds: vec![writer.finish()?],
        words: &[
            b"\"event\":\"window\"",
            b"\"at\":{\"utc_us\":1,\"boot_us\":1,\"awake_us\":1}",
            b"{\"event\":\"sleep\",\"asleep\":true}",
        ],
        read: Box::new(|input| drop(sense::replay::read_trace(input))),
    })
}

/// A segment as it is sent: an age file, and the lines in it.
fn a_segment(dir: &Path) -> Result<(fixture::JournalFixture, Vec<u8>, Vec<u8>)> {
    let dir = dir.join("segment");
    if !dir.exists() {
        fs::create_dir_all(&dir)?;
    }
    let fixture = fixture::JournalFixture::new(&dir)?;
    let records: Vec<_> = (0..5).map(make_record).filter(is_span).collect();
    let (mut journal, _) = fixture::open_journal(&dir, fixture::START)?;
    journal.commit(journal::Commit {
        records: &records,
        at: fixture::START,
        ..journal::Commit::default()
    })?;
    journal.freeze(fixture::START, &FreezeOptions::default())?;
    let segment = Outbox::open(&fixture.journal_dir())?
        .next_segment()?
        .context("no segment")?;
    let body = segment.body.context("no body")?;
    let lines = open_segment(segment.encoding, &body, &fixture.opener())?.lines;
    fs::remove_dir_all(&dir)?;
    Ok((fixture, body, lines))
}

fn is_span(record: &model::Record) -> bool {
    matches!(record, model::Record::Span(_))
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap_or_default()
}

pub(super) fn segment_file(dir: &Path) -> Result<FuzzTarget> {
    let (fixture, body, lines) = a_segment(dir)?;
    let opener = fixture.opener();
    Ok(FuzzTarget {
        name: "segment",
        share: 1,
        seeds: vec![body, packed(&lines)],
        words: &[b"-> X25519 ", b"\n--- ", b"-> scrypt a 20\n"],
        read: Box::new(move |input| {
            for encoding in [
                ObjectEncoding::Age,
                ObjectEncoding::Unsealed,
                ObjectEncoding::SealedRows,
            ] {
                drop(open_segment(encoding, input, &opener));
            }
        }),
    })
}

/// The rows of a sealed segment, packed after they were changed, so that the reader sees the changes.
pub(super) fn sealed_rows(dir: &Path) -> Result<FuzzTarget> {
    let (fixture, ..) = a_segment(dir)?;
    let opener = fixture.opener();
    let dir = dir.join("rows");
    fs::create_dir_all(&dir)?;
    let closed = fixture::JournalFixture::new(&dir)?;
    let (mut journal, _) = fixture::open_journal(&dir, fixture::START)?;
    let spans: Vec<_> = (0..3).map(make_record).collect();
    journal.commit(journal::Commit {
        records: &spans,
        provisional_put: &[(1, fixture::make_span(5))],
        at: fixture::START,
        ..journal::Commit::default()
    })?;
    drop(journal);
    closed.renew_lease()?;
    let (mut journal, _) = fixture::open_journal(&dir, fixture::START)?;
    journal.commit_recovered(&[], fixture::START)?;
    journal.freeze(fixture::START, &FreezeOptions::default())?;
    let segment = Outbox::open(&closed.journal_dir())?
        .next_segment()?
        .context("no segment")?;
    let rows = zstd::decode_all(segment.body.context("no body")?.as_slice())?;
    let openers = [opener, closed.opener()];
    Ok(FuzzTarget {
        name: "sealed rows",
        share: 4,
        seeds: vec![rows],
        words: &[b"\"open_id\":1,", b"\"kind\":\"sealed\"", b"\"schema\":"],
        read: Box::new(move |input| {
            for opener in &openers {
                drop(open_segment(
                    ObjectEncoding::SealedRows,
                    &packed(input),
                    opener,
                ));
            }
        }),
    })
}

pub(super) fn record_lines() -> Result<FuzzTarget> {
    let mut seeds = Vec::new();
    for tag in [1, 4, 11] {
        seeds.push(fixture::encode_line(tag, &make_record(tag))?);
    }
    Ok(FuzzTarget {
        name: "record lines",
        share: 1,
        seeds,
        words: &[
            b"\"kind\":\"shot\"",
            b"\"kind\":\"notice\"",
            b"\"removed\":true",
        ],
        read: Box::new(|input| {
            if let Ok(line) = serde_json::from_slice::<RecordLine>(input) {
                let _ = (line.record.start(), line.record.end());
                drop(serde_json::to_vec(&line));
            }
        }),
    })
}

pub(super) fn vault_file(dir: &Path) -> Result<FuzzTarget> {
    let made = dir.join("made");
    let founding = NewVault {
        device: fixture::lab_device().as_str().to_owned(),
        factor: Factor::OsStore(&[7; 32]),
        totp: None,
        organisations: Vec::new(),
        viewer: true,
        now: fixture::START,
    };
    let (vault, _) = Vault::create(&made, founding)?;
    let code = RecoveryCode::random()?;
    let seeds = vec![fs::read(made.join(vault::FILE_NAME))?, vault.encode_copy()];
    let dir = dir.to_owned();
    Ok(FuzzTarget {
        name: "vault file",
        share: 1,
        seeds,
        words: &[
            b"\"format\":",
            b"\"slots\":[",
            b"\"gate\":{",
            b"\"kind\":\"os-store\"",
            b"\"kind\":\"passphrase\"",
        ],
        read: Box::new(move |input| {
            let Some(file) = write_input(&dir, vault::FILE_NAME, input) else {
                return;
            };
            if let Some(dir) = file.parent()
                && let Ok(vault) = Vault::open(dir)
            {
                drop(vault.unlock_slot(&Factor::OsStore(&[7; 32])));
                drop(vault.sealer(None));
            }
            drop(vault::open_vault_copy(&file, &code));
        }),
    })
}

pub(super) fn recovery_codes() -> FuzzTarget {
    let mut seeds = vec![b"01234-56789-ABCDE-FGHJK-MNPQR".to_vec()];
    if let Ok(code) = RecoveryCode::random() {
        seeds.push(code.reveal().as_bytes().to_vec());
    }
    FuzzTarget {
        name: "recovery codes",
        share: 1,
        seeds,
        words: &[b"-", b" ", b"O", b"I", b"l", b"U"],
        read: Box::new(|input| {
            let text = read_text(input);
            if let Ok(code) = RecoveryCode::parse(&text) {
                let _ = code.begins_with(&text);
            }
        }),
    }
}

pub(super) fn one_time_secrets() -> FuzzTarget {
    FuzzTarget {
        name: "one-time secrets",
        share: 1,
        seeds: [
            "otpauth://totp/uam:me?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=uam&digits=6&period=30",
            "MFA_SECRET=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\nAWS_SECRET_ACCESS_KEY=abc\n",
            "{\"secret\": \"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\"}",
            "gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
        ]
        .map(|text| text.as_bytes().to_vec())
        .to_vec(),
        words: &[
            b"otpauth://totp/",
            b"secret=",
            b"&algorithm=SHA512",
            b"&digits=8",
            b"&period=",
            b"MFA_SECRET=",
        ],
        read: Box::new(|input| {
            drop(TotpSecret::find_in_text(input));
            drop(TotpSecret::parse(&read_text(input)));
        }),
    }
}

pub(super) fn object_keys() -> FuzzTarget {
    let device = fixture::lab_device();
    let sha = "0123456789abcdef".repeat(4);
    let day = "2026-09-21";
    FuzzTarget {
        name: "object keys",
        share: 1,
        seeds: vec![
            object_keys::segment_key(&device, 1_790_000_000, day, 7, &sha, ObjectEncoding::Age)
                .into_bytes(),
            object_keys::screenshot_key(
                &device,
                1,
                day,
                12,
                &sha,
                "image/webp",
                ObjectEncoding::Unsealed,
            )
            .into_bytes(),
            object_keys::vault_copy_key(&device, 1, day, 2, &sha).into_bytes(),
        ],
        words: &[
            b"raw/v1/",
            b"kind=shot",
            b"sh=",
            b"dt=",
            b"dev=",
            b".age",
            b".sealed.jsonl.zst",
        ],
        read: Box::new(|input| drop(ObjectKey::parse(&read_text(input)))),
    }
}
