//! `uam upload`: sends what waits, once, then looks whether old pictures must go.

use super::Home;
use crate::{output, retention};
use anyhow::Context;
use journal::{JournalError, Outbox};
use model::{DeviceId, ErrorKind, UserError};
use platform::bus::BusAddress;
use platform::clock::SystemClock;
use platform::instance_lock::InstanceLock;
use platform::metered::{Metered, query_metered};
use platform::timezone::current_zone_name;
use protocol::{CallError, Request};
use serde::{Deserialize, Serialize};
use settings::{EnvVars, MeteredAction, Settings};
use std::io::{BufRead, Read};
use std::ops::ControlFlow;
use std::process::ExitCode;
use upload::{Destination, Timeouts, UploadError, drain, upload_manifests};
use vault::{DeviceKey, Opener};
use zeroize::Zeroizing;

/// Longest line that a key comes in, in bytes.
const MAX_KEY: u64 = 1024;

/// What an upload did; the one line that `uam upload --json` prints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// Records acknowledged by the sink.
    pub(crate) records: u64,
    /// Pictures acknowledged by the sink.
    pub(crate) shots: u64,
    /// Bytes of both.
    pub(crate) bytes: u64,
    /// Old pictures moved to the archive.
    pub(crate) archived: u64,
    /// Old pictures deleted.
    pub(crate) deleted: u64,
    /// What happened to old pictures, or is going to, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retention: Option<String>,
    /// Until when something is held back, in microseconds since the Unix epoch (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) held_until_us: Option<i64>,
    /// What the sink lacks, as far as it showed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) remarks: Vec<String>,
    /// What went wrong, if anything.
    pub(crate) error: Option<Trouble>,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Trouble {
    /// Must somebody mend it first?
    pub(crate) permanent: bool,
    /// What.
    pub(crate) text: String,
    /// What to do.
    pub(crate) hint: String,
    /// How long the sink asked to wait, in seconds.
    pub(crate) retry_after_s: Option<u64>,
    /// Is it the journal that is damaged?
    #[serde(default)]
    pub(crate) damaged: bool,
}

impl Summary {
    /// For the console.
    pub(crate) fn for_display(&self, at_us: i64, destination: &str) -> report::UploadAttempt {
        let sent = match (self.records, self.shots) {
            (0, 0) => "nothing new to send".to_owned(),
            (records, shots) => format!(
                "{} and {} ({}) sent to {destination}",
                report::text::format_count(records, "record", "records"),
                report::text::format_count(shots, "picture", "pictures"),
                report::text::format_bytes(self.bytes)
            ),
        };
        let text = match &self.error {
            None => sent,
            Some(t) => {
                let after = if self.records + self.shots > 0 {
                    format!(" ({sent} before)")
                } else {
                    String::new()
                };
                format!("{} {}{after}", sentence(&t.text), t.hint)
                    .trim()
                    .to_owned()
            }
        };
        report::UploadAttempt {
            at_us,
            text,
            ok: self.error.is_none(),
        }
    }

    /// What is still held back, if anything is.
    pub(crate) fn hold_text(&self) -> Option<String> {
        let zone = report::text::load_zone(&current_zone_name());
        self.held_until_us.map(|until| {
            format!(
                "The latest is held back until {} for you to look at; `uam upload --now` sends it at once.",
                report::text::format_clock_time(until, &zone)
            )
        })
    }
}

fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

pub(super) fn run(home: &Home, now: bool, json: bool, lease: bool) -> anyhow::Result<ExitCode> {
    let opener = lease.then(given_lease).transpose()?;
    let summary = match send(home, now, json, opener.as_ref()) {
        Ok(summary) => summary,
        // The courier wants to know what went wrong, whatever it was.
        Err(e) if json => {
            let hint = model::find_user_error(e.as_ref())
                .map(|found| found.hint().to_owned())
                .unwrap_or_default();
            let text = format!("{e:#}");
            Summary {
                error: Some(Trouble {
                    permanent: true,
                    text,
                    hint,
                    retry_after_s: None,
                    damaged: e.chain().any(is_damage),
                }),
                ..Summary::default()
            }
        }
        Err(e) => return Err(e),
    };
    if json {
        output::line(&serde_json::to_string(&summary).context("cannot print the summary")?);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(trouble) = summary.error {
        return Err(UserError::new(ErrorKind::Failed, trouble.text, trouble.hint).into());
    }
    output::line(&summary.for_display(0, "the sink").text);
    for text in [summary.hold_text(), summary.retention.clone()]
        .into_iter()
        .flatten()
        .chain(summary.remarks)
    {
        output::line(&text);
    }
    Ok(ExitCode::SUCCESS)
}

/// Is this cause that the journal is damaged?
fn is_damage(cause: &(dyn std::error::Error + 'static)) -> bool {
    matches!(cause.downcast_ref(), Some(JournalError::Damaged { .. }))
}

/// Prints the policy for this device's key.
pub(super) fn policy(home: &Home) -> anyhow::Result<ExitCode> {
    let config = Settings::load(&home.paths)?;
    let environment = EnvVars::load(&home.paths)?;
    let Destination::S3(s3) = super::destination(home, &config, &environment)? else {
        return Err(UserError::usage(
            "nothing is sent to a bucket, so there is no policy for one",
            "Set up the bucket first: S3_BUCKET_NAME, or `uam config set upload.destination s3://…`.",
        ).into());
    };
    let vault = vault::Vault::open(&home.paths.vault_dir())?;
    let device = DeviceId::parse(vault.device()).context("the vault's device id is none")?;
    output::out(&upload::iam_policy::put_only_policy(
        &s3.bucket, &s3.prefix, &device,
    ));
    Ok(ExitCode::SUCCESS)
}

/// The lease's key, from the running instance that started this upload.
fn given_lease() -> anyhow::Result<Opener> {
    let mut line = Zeroizing::new(String::new());
    std::io::BufReader::new(std::io::stdin().take(MAX_KEY)).read_line(&mut line)?;
    Ok(Opener::new([line
        .parse()
        .context("the lease's key is none")?]))
}

/// Why nothing is sent now, where the network is paid for by use. Who asks for it with `--now` gets it sent.
fn waits_for_a_network(config: &Settings, now: bool) -> Option<Trouble> {
    let waits = !now
        && config.upload.on_metered == MeteredAction::Wait
        && query_metered(&BusAddress::System) == Metered::Yes;
    waits.then(|| Trouble {
        permanent: false,
        text: "the network is metered, so nothing is sent through it".to_owned(),
        hint: "It is tried again by itself; `uam upload --now` sends at once, and `uam config set upload.on_metered send` always.".to_owned(),
        retry_after_s: Some(config.upload.every_seconds),
        damaged: false,
    })
}

/// `alive`: true when a running instance asks, whose silence would be a gap.
fn send(home: &Home, now: bool, alive: bool, opener: Option<&Opener>) -> anyhow::Result<Summary> {
    let config = Settings::load(&home.paths)?;
    let environment = EnvVars::load(&home.paths)?;
    let destination = settings::resolve_destination(&config, &environment, &home.paths)?;
    if !home.paths.has_journal() {
        return Ok(Summary::default());
    }
    // One upload at a time; the lock goes with the process, however it ends.
    let lock = home.paths.upload_lock_file();
    let Ok(_alone) = InstanceLock::acquire(&lock)? else {
        return Ok(Summary {
            error: Some(Trouble {
                permanent: false,
                text: "another upload is running".to_owned(),
                hint: String::new(),
                retry_after_s: None,
                damaged: false,
            }),
            ..Summary::default()
        });
    };
    if let Some(waits) = waits_for_a_network(&config, now) {
        return Ok(Summary {
            error: Some(waits),
            ..Summary::default()
        });
    }
    let clock = SystemClock;
    let mut outbox = Outbox::open(&home.paths.journal_dir())?;
    if now {
        // What the running instance still holds is packed by it; where none runs, everything is packed already.
        match protocol::call_agent(&home.paths.agent_endpoint(), &Request::FreezeSegments) {
            Ok(response) if response.is_refused() => {
                anyhow::bail!("the running instance could not pack what it holds back")
            }
            Ok(_) | Err(CallError::NotRunning) => {}
            Err(e) => return Err(UserError::from(e).into()),
        }
    } else {
        outbox = outbox.hold_back_until_due(model::Clock::now(&clock).utc_us);
    }
    let mut summary = Summary::default();
    let trouble = |permanent, text: String, hint, retry_after_s| {
        Some(Trouble {
            permanent,
            text,
            hint,
            retry_after_s,
            damaged: false,
        })
    };
    match upload::open_sink(&destination, Timeouts::default()) {
        Err(e) => summary.error = trouble(e.is_permanent(), e.to_string(), e.hint(), None),
        Ok(sink) => {
            let ended = drain(&mut outbox, &sink, opener, &clock, &mut |_| {
                ControlFlow::Continue(())
            });
            let drained = match &ended {
                Ok(drained) => drained,
                Err(e) => {
                    let wait = match e.outcome() {
                        upload::retry::AttemptOutcome::Retriable { retry_after } => {
                            retry_after.map(|d| d.as_secs())
                        }
                        _ => None,
                    };
                    summary.error = trouble(e.is_permanent(), e.to_string(), e.hint(), wait);
                    let causes =
                        std::iter::successors(Some(e as &(dyn std::error::Error + 'static)), |e| {
                            e.source()
                        });
                    let damaged = causes.into_iter().any(is_damage);
                    if let Some(trouble) = &mut summary.error {
                        trouble.damaged = damaged;
                    }
                    &e.drained
                }
            };
            (summary.records, summary.shots, summary.bytes) =
                (drained.records, drained.screenshots, drained.bytes);
            // What arrived is listed even when something after it did not.
            if summary.error.is_none() || drained.segments > 0 {
                let key = DeviceKey::load_or_create(&home.paths.vault_dir())?;
                match upload_manifests(&mut outbox, &sink, &key, alive, &clock) {
                    Ok(chained) => summary.bytes += chained.bytes,
                    Err(cause) if summary.error.is_none() => {
                        let e = UploadError {
                            cause,
                            drained: upload::DrainReport::default(),
                        };
                        summary.error = trouble(e.is_permanent(), e.to_string(), e.hint(), None);
                    }
                    Err(_) => {}
                }
            }
            summary.remarks = sink.remarks();
        }
    }
    summary.held_until_us = outbox.held_until()?;
    let now_us = model::Clock::now(&clock).utc_us;
    let (applied, said) = retention::automatic(&home.paths, &config, &mut outbox, now_us)?;
    summary.retention = said;
    (summary.archived, summary.deleted) = (applied.archived, applied.deleted);
    Ok(summary)
}
