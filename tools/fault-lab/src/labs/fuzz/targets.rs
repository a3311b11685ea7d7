//! Every reader of outside bytes, with good inputs for it.

use super::{answers, manifests};
use crate::book::record;
use crate::config::Config;
use crate::desk;
use crate::environment::Environment;
use crate::words::{MAX_ANSWER, MAX_LINE, Reply, Request, read_line};
use anyhow::{Context, Result};
use journal::{FreezeOptions, ObjectEncoding, Outbox, open_segment};
use model::{
    ActiveWindow, Counts, Moment, PowerState, RecordLine, SensorEvent, SensorKind, TimedEvent,
    WindowHandle,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use upload::keys;
use vault::{Factor, NewVault, RecoveryCode, TotpSecret, Vault};

/// Reads an input; what it finds does not matter.
type Read = Box<dyn Fn(&[u8]) + Sync>;

/// A reader.
pub(super) struct Target {
    pub(super) name: &'static str,
    /// Gets one part in so many of the short form's inputs: 1, and more where each takes long.
    pub(super) share: u64,
    pub(super) seeds: Vec<Vec<u8>>,
    pub(super) words: &'static [&'static [u8]],
    pub(super) read: Read,
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// A file for each thread.
fn own_file(dir: &Path, name: &str) -> PathBuf {
    let thread = format!("{:?}", std::thread::current().id());
    let thread: String = thread.chars().filter(char::is_ascii_digit).collect();
    dir.join(thread).join(name)
}

/// Writes the input where a reader of files finds it.
fn put(dir: &Path, name: &str, input: &[u8]) -> Option<PathBuf> {
    let file = own_file(dir, name);
    if fs::write(&file, input).is_err() {
        fs::create_dir_all(file.parent()?).ok()?;
        fs::write(&file, input).ok()?;
    }
    Some(file)
}

/// All of them.
pub(super) fn all(dir: &Path) -> Result<Vec<Target>> {
    Ok(vec![
        settings(),
        variables(dir),
        destination(),
        trace()?,
        segment(dir)?,
        sealed_rows(dir)?,
        lines()?,
        manifests::file(dir)?,
        manifests::signed_nonsense(dir)?,
        vault_file(dir)?,
        recovery_codes(),
        one_time_secrets(),
        questions(),
        replies(),
        object_keys(),
        Target {
            name: "S3 answers",
            share: 1,
            seeds: answers::seeds()?,
            words: &[
                b"HTTP/1.1 200 OK\r\n",
                b"Content-Length: ",
                b"Transfer-Encoding: chunked\r\n",
                b"<Error><Code>SlowDown</Code>",
                b"<IsTruncated>true</IsTruncated>",
                b"<NextContinuationToken>a</NextContinuationToken>",
                b"\r\n\r\n",
            ],
            read: Box::new(answers::ask),
        },
    ])
}

fn settings() -> Target {
    Target {
        name: "config.toml",
        share: 1,
        seeds: vec![
            include_bytes!(
                "../../../../../crates/uam/tests/configs/valid/all-settings/config.toml"
            )
            .to_vec(),
            include_bytes!(
                "../../../../../crates/uam/tests/configs/valid/rules-as-tables/config.toml"
            )
            .to_vec(),
        ],
        words: &[
            b"[record]\n",
            b"[exclude]\n",
            b"[[exclude.rules]]\n",
            b"idle_seconds = ",
            b"hours = [",
            b"\"mon-fri 09:00-17:00\"",
            b"title = \"*a*\"",
            b"\"\"\"",
            b"1979-05-27T07:32:00Z",
        ],
        read: Box::new(|input| {
            drop(Config::parse(&text(input), Path::new("config.toml")));
        }),
    }
}

fn variables(dir: &Path) -> Target {
    let dir = dir.to_owned();
    Target {
        name: ".env",
        share: 1,
        seeds: vec![
            b"S3_BUCKET_NAME=my-bucket\nAWS_ACCESS_KEY_ID='AKIA'\nAWS_SECRET_ACCESS_KEY=\"a\\nb$X${Y}\"\n".to_vec(),
            b"# notes\nexport AWS_REGION=eu-west-3 # here\nS3_PREFIX=\nAWS_ENDPOINT_URL=http://127.0.0.1:9000\n"
                .to_vec(),
        ],
        words: &[b"export ", b"S3_BUCKET_NAME=", b"\\$", b"${S3_PREFIX}", b"='", b"=\""],
        read: Box::new(move |input| {
            if let Some(file) = put(&dir, ".env", input) {
                let mut found = Environment {
                    values: Default::default(),
                    files: Vec::new(),
                };
                drop(found.read(&file));
            }
        }),
    }
}

fn destination() -> Target {
    Target {
        name: "destination",
        share: 1,
        seeds: [
            "s3://bucket/a/prefix",
            "file:///home/somebody/sent",
            "/home/somebody/sent",
            "http://127.0.0.1:9000/",
            "https://user:password@[::1]:9000/a?b#c",
        ]
        .map(|url| url.as_bytes().to_vec())
        .to_vec(),
        words: &[
            b"s3://", b"file://", b"http://", b"@", b"[::1]", b":0", b"?",
        ],
        read: Box::new(|input| {
            let text = text(input);
            let get = |name: &str| match name {
                upload::vars::SECRET_KEY | upload::vars::ACCESS_KEY => Some("a".to_owned()),
                _ => Some(text.to_string()),
            };
            drop(upload::Destination::choose(
                Some(&text),
                &get,
                Path::new("/a"),
            ));
            drop(upload::Destination::choose(None, &get, Path::new("/a")));
        }),
    }
}

fn trace() -> Result<Target> {
    let at = Moment {
        utc_us: desk::START_US,
        boot_us: 5_000_000,
        awake_us: 5_000_000,
    };
    let window = desk::span(1).window.context("a span without a window")?;
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
            idle_us: 60_000_000,
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
    let mut writer = sense::script::TraceWriter::new(b"# a trace\n".to_vec());
    for event in events {
        writer.record(&TimedEvent { at, event })?;
    }
    Ok(Target {
        name: "trace",
        share: 1,
        seeds: vec![writer.finish()?],
        words: &[
            b"\"event\":\"window\"",
            b"\"at\":{\"utc_us\":1,\"boot_us\":1,\"awake_us\":1}",
            b"{\"event\":\"sleep\",\"asleep\":true}",
        ],
        read: Box::new(|input| drop(sense::script::read(input))),
    })
}

/// A segment as it is sent: an age file, and the lines in it.
fn a_segment(dir: &Path) -> Result<(desk::Desk, Vec<u8>, Vec<u8>)> {
    let dir = dir.join("segment");
    if !dir.exists() {
        fs::create_dir_all(&dir)?;
    }
    let desk = desk::Desk::new(&dir)?;
    let records: Vec<_> = (0..5).map(record).filter(is_span).collect();
    let (mut journal, _) = desk::open(&dir, desk::START_US)?;
    journal.commit(journal::Commit {
        records: &records,
        at_us: desk::START_US,
        ..journal::Commit::default()
    })?;
    journal.freeze(desk::START_US, &FreezeOptions::default())?;
    let segment = Outbox::open(&desk.at())?
        .next_segment()?
        .context("no segment")?;
    let body = segment.body.context("no body")?;
    let lines = open_segment(segment.form, &body, &desk.opener())?.lines;
    fs::remove_dir_all(&dir)?;
    Ok((desk, body, lines))
}

fn is_span(record: &model::Record) -> bool {
    matches!(record, model::Record::Span(_))
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap_or_default()
}

fn segment(dir: &Path) -> Result<Target> {
    let (desk, body, lines) = a_segment(dir)?;
    let opener = desk.opener();
    Ok(Target {
        name: "segment",
        share: 1,
        seeds: vec![body, packed(&lines)],
        words: &[b"-> X25519 ", b"\n--- ", b"-> scrypt a 20\n"],
        read: Box::new(move |input| {
            for form in [
                ObjectEncoding::Age,
                ObjectEncoding::Readable,
                ObjectEncoding::Rows,
            ] {
                drop(open_segment(form, input, &opener));
            }
        }),
    })
}

/// What a segment of sealed rows holds, packed after it was changed, so that the changes arrive.
fn sealed_rows(dir: &Path) -> Result<Target> {
    let (desk, ..) = a_segment(dir)?;
    let opener = desk.opener();
    let dir = dir.join("rows");
    fs::create_dir_all(&dir)?;
    let closed = desk::Desk::new(&dir)?;
    let (mut journal, _) = desk::open(&dir, desk::START_US)?;
    let spans: Vec<_> = (0..3).map(record).collect();
    journal.commit(journal::Commit {
        records: &spans,
        pending_put: &[(1, desk::span(5))],
        at_us: desk::START_US,
        ..journal::Commit::default()
    })?;
    drop(journal);
    closed.new_lease()?;
    let (mut journal, _) = desk::open(&dir, desk::START_US)?;
    journal.commit_recovered(&[], desk::START_US)?;
    journal.freeze(desk::START_US, &FreezeOptions::default())?;
    let segment = Outbox::open(&closed.at())?
        .next_segment()?
        .context("no segment")?;
    let rows = zstd::decode_all(segment.body.context("no body")?.as_slice())?;
    let openers = [opener, closed.opener()];
    Ok(Target {
        name: "sealed rows",
        share: 4,
        seeds: vec![rows],
        words: &[b"\"open_id\":1,", b"\"kind\":\"sealed\"", b"\"schema\":"],
        read: Box::new(move |input| {
            for opener in &openers {
                drop(open_segment(ObjectEncoding::Rows, &packed(input), opener));
            }
        }),
    })
}

fn lines() -> Result<Target> {
    let mut seeds = Vec::new();
    for tag in [1, 4, 11] {
        seeds.push(desk::line(tag, &record(tag))?);
    }
    Ok(Target {
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
                let _ = (line.record.start_us(), line.record.end_us());
                drop(serde_json::to_vec(&line));
            }
        }),
    })
}

fn vault_file(dir: &Path) -> Result<Target> {
    let made = dir.join("made");
    let founding = NewVault {
        device: desk::device().as_str().to_owned(),
        factor: Factor::OsStore(&[7; 32]),
        totp: None,
        organisations: Vec::new(),
        viewer: true,
        now_us: desk::START_US,
    };
    let (vault, _) = Vault::create(&made, founding)?;
    let code = RecoveryCode::random()?;
    let seeds = vec![fs::read(made.join(vault::FILE_NAME))?, vault.copy()];
    let dir = dir.to_owned();
    Ok(Target {
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
            let Some(file) = put(&dir, vault::FILE_NAME, input) else {
                return;
            };
            if let Some(dir) = file.parent()
                && let Ok(vault) = Vault::open(dir)
            {
                drop(vault.door(&Factor::OsStore(&[7; 32])));
                drop(vault.key_maker(None));
            }
            drop(vault::open_copy(&file, &code));
        }),
    })
}

fn recovery_codes() -> Target {
    let mut seeds = vec![b"01234-56789-ABCDE-FGHJK-MNPQR".to_vec()];
    if let Ok(code) = RecoveryCode::random() {
        seeds.push(code.reveal().as_bytes().to_vec());
    }
    Target {
        name: "recovery codes",
        share: 1,
        seeds,
        words: &[b"-", b" ", b"O", b"I", b"l", b"U"],
        read: Box::new(|input| {
            let text = text(input);
            if let Ok(code) = RecoveryCode::parse(&text) {
                let _ = code.begins_with(&text);
            }
        }),
    }
}

fn one_time_secrets() -> Target {
    Target {
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
            drop(TotpSecret::find(input));
            drop(TotpSecret::parse(&text(input)));
        }),
    }
}

fn questions() -> Target {
    Target {
        name: "socket questions",
        share: 1,
        seeds: [
            "{\"ask\":\"status\"}\n",
            "{\"ask\":\"pause\",\"length\":{\"for\":60}}\n",
            "{\"ask\":\"note\",\"notices\":[[\"access\",\"somebody looked\"]]}\n",
            "{\"ask\":\"take-out\",\"wish\":{\"wish\":\"time\",\"from_us\":1,\"to_us\":2},\"rehearsal\":true,\
             \"key\":\"AGE-SECRET-KEY-1\"}\n",
            "{\"ask\":\"take-out\",\"wish\":{\"wish\":\"erase\",\"first\":20000,\"last\":20001},\"rehearsal\":false}\n",
            "{\"ask\":\"attach\",\"key\":\"AGE-SECRET-KEY-1\"}\n",
            "{\"ask\":\"look\",\"ticket\":\"00ff\",\"after\":7}\n",
            "{\"ask\":\"show\",\"ticket\":\"00ff\",\"from\":3,\"step\":\"older\"}\n",
        ]
        .map(|text| text.as_bytes().to_vec())
        .to_vec(),
        words: &[b"\"ask\":\"", b"\"wish\":{", b"\"shot\",\"seq\":", b"\"reload\"", b"\"pack\""],
        read: Box::new(|input| {
            if let Ok(question) = read_line::<Request>(input, MAX_LINE) {
                let _ = format!("{question:?}");
                drop(serde_json::to_vec(&question));
            }
        }),
    }
}

/// What an attached view is told.
const SCENE: &str = "{\"ok\":true,\"text\":\"\",\"scene\":{\"status\":{\"version\":\"0.1.0\",\"pid\":1,\"data_dir\":\"/d\",\
    \"zone\":\"UTC\",\"state\":\"active\",\"since_us\":1,\"protected\":false,\"window\":{\"app\":\"a\",\"exe\":\"\",\"title\":\"t\"},\
    \"span_counts\":{},\"today_counts\":{},\"today\":[{\"state\":\"idle\",\"us\":9}],\"last_durable_us\":1,\"outbox\":\
    {\"records\":1,\"shots\":0,\"bytes\":2},\"destination\":\"d\",\"last_upload\":null,\"next_upload_us\":null,\
    \"last_shot_us\":null,\"next_shot_us\":null,\"idle_us\":null,\"paused_until_us\":null,\"hours\":null,\"power\":null,\
    \"missing\":[]},\"glance\":{\"from_us\":0,\"slots\":[{\"states\":[1,2,0,0,0,0,0,0],\"input_s\":3}],\"apps\":[{\"app\":\"a\",\
    \"title\":\"\",\"us\":5}],\"windows\":[]},\"lines\":[{\"at_us\":1,\"zone\":\"UTC\",\"word\":{\"state\":\"active\"},\"text\":\"x\",\
    \"detail\":\"\",\"dur_us\":4}],\"last\":1,\"newest\":null,\"removals\":0}}\n";

fn replies() -> Target {
    debug_assert!(
        read_line::<Reply>(SCENE.as_bytes(), MAX_ANSWER).is_ok_and(|r| r.scene.is_some())
    );
    Target {
        name: "socket replies",
        share: 1,
        seeds: [
            "{\"ok\":true,\"text\":\"done\"}\n",
            "{\"ok\":false,\"text\":\"no\",\"told\":{\"spans\":1,\"shots\":2,\"records\":3,\"closed\":0,\"objects\":\
             [{\"name\":\"raw/v1/a\",\"whole\":true,\"picture\":false}],\"needs_key\":false,\"unfolded\":false,\
             \"aside\":[\"/a\"],\"first_us\":5}}\n",
            "{\"ok\":true,\"text\":\"\",\"picture\":{\"seq\":3,\"place\":1,\"of\":2,\"at_us\":5,\"blurred\":true,\"bytes\":\"AAEC\"}}\n",
            SCENE,
        ]
        .map(|text| text.as_bytes().to_vec())
        .to_vec(),
        words: &[b"\"told\":{", b"\"status\":{", b"\"ok\":", b"\"objects\":["],
        read: Box::new(|input| {
            if let Ok(reply) = read_line::<Reply>(input, MAX_ANSWER) {
                // What a view does with it.
                if let Some(scene) = &reply.scene {
                    drop((scene.glance.top_apps(9), scene.glance.top_windows(9)));
                    scene.lines.iter().for_each(|line| drop(line.plain(80)));
                }
                drop(serde_json::to_vec(&reply));
            }
        }),
    }
}

fn object_keys() -> Target {
    let device = desk::device();
    let sha = "0123456789abcdef".repeat(4);
    let day = "2026-09-21";
    Target {
        name: "object keys",
        share: 1,
        seeds: vec![
            keys::activity(&device, 1_790_000_000, day, 7, &sha, ObjectEncoding::Age).into_bytes(),
            keys::shot(
                &device,
                1,
                day,
                12,
                &sha,
                "image/webp",
                ObjectEncoding::Readable,
            )
            .into_bytes(),
            keys::vault(&device, 1, day, 2, &sha).into_bytes(),
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
        read: Box::new(|input| drop(keys::parse(&text(input)))),
    }
}
