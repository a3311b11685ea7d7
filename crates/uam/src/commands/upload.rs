//! `uam upload`: sends what waits, once, then looks whether old pictures must go.

use super::Home;
use crate::config::{Config, WhenOld};
use crate::control::Instance;
use crate::environment::Environment;
use crate::failure::{Exit, Failure};
use crate::output;
use anyhow::Context;
use journal::retention::{self, Action, Policy};
use journal::{Limits, Outbox};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;
use std::process::ExitCode;
use upload::{Timeouts, drain};

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
}

impl Summary {
    /// For the console.
    pub(crate) fn for_display(&self, at_us: i64, destination: &str) -> report::Upload {
        let sent = match (self.records, self.shots) {
            (0, 0) => "nothing new to send".to_owned(),
            (records, shots) => format!(
                "{} and {} ({}) sent to {destination}",
                report::text::count(records, "record", "records"),
                report::text::count(shots, "picture", "pictures"),
                report::text::bytes(self.bytes)
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
        report::Upload {
            at_us,
            text,
            ok: self.error.is_none(),
        }
    }

    /// What happened to old pictures, if anything did.
    pub(crate) fn retention_text(&self) -> Option<String> {
        match (self.archived, self.deleted) {
            (0, 0) => None,
            (archived, 0) => Some(format!(
                "{archived} old pictures were moved to the archive."
            )),
            (_, deleted) => Some(format!("{deleted} old pictures were deleted.")),
        }
    }
}

fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

pub(super) fn run(home: &Home, json: bool) -> anyhow::Result<ExitCode> {
    let summary = match send(home) {
        Ok(summary) => summary,
        // The courier wants to know what went wrong, whatever it was.
        Err(e) if json => {
            let hint = e
                .chain()
                .find_map(|c| c.downcast_ref::<Failure>())
                .map(|f| f.hint.clone())
                .unwrap_or_default();
            let text = format!("{e:#}");
            Summary {
                error: Some(Trouble {
                    permanent: true,
                    text,
                    hint,
                    retry_after_s: None,
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
        return Err(Failure::with_exit(Exit::Failed, trouble.text, trouble.hint));
    }
    output::line(&summary.for_display(0, "the sink").text);
    if let Some(text) = summary.retention_text() {
        output::line(&text);
    }
    Ok(ExitCode::SUCCESS)
}

fn send(home: &Home) -> anyhow::Result<Summary> {
    let config = Config::load(&home.paths)?;
    let environment = Environment::load(&home.paths)?;
    let destination = super::destination(home, &config, &environment)?;
    if !home.paths.journal().join(journal::DB_NAME).exists() {
        return Ok(Summary::default());
    }
    // One upload at a time; the lock goes with the process, however it ends.
    let lock = home.paths.runtime.join("upload.lock");
    let Ok(_alone) = Instance::claim(&lock)? else {
        return Ok(Summary {
            error: Some(Trouble {
                permanent: false,
                text: "another upload is running".to_owned(),
                hint: String::new(),
                retry_after_s: None,
            }),
            ..Summary::default()
        });
    };
    let vault = vault::Vault::open(&home.paths.vault())?;
    let mut outbox = Outbox::open(&home.paths.journal(), &vault)?;
    let clock = sense::SystemClock;
    let mut summary = Summary::default();
    let trouble = |permanent, text: String, hint, retry_after_s| {
        Some(Trouble {
            permanent,
            text,
            hint,
            retry_after_s,
        })
    };
    match destination.open(Timeouts::default()) {
        Err(e) => summary.error = trouble(e.is_permanent(), e.to_string(), e.hint(), None),
        Ok(sink) => {
            let ended = drain(&mut outbox, &sink, Limits::default(), &clock, &mut |_| {
                ControlFlow::Continue(())
            });
            let drained = match &ended {
                Ok(drained) => drained,
                Err(e) => {
                    let wait = match e.outcome() {
                        upload::schedule::Outcome::Retriable { retry_after } => {
                            retry_after.map(|d| d.as_secs())
                        }
                        _ => None,
                    };
                    summary.error = trouble(e.is_permanent(), e.to_string(), e.hint(), wait);
                    &e.drained
                }
            };
            (summary.records, summary.shots, summary.bytes) =
                (drained.records, drained.shots, drained.bytes);
        }
    }
    let policy = Policy {
        max_age_days: config.shots.keep_days,
        max_bytes: config.shots.keep_mb.saturating_mul(1_000_000),
        action: match config.shots.when_old {
            WhenOld::Delete => Action::Delete,
            WhenOld::Archive => Action::Archive(
                config
                    .shots
                    .archive_dir
                    .clone()
                    .unwrap_or_else(|| home.paths.archive()),
            ),
        },
    };
    let now_us = model::Clock::now(&clock).utc_us;
    let plan = retention::plan(&outbox.blob_items()?, now_us, &policy);
    let applied = outbox
        .apply(&plan)
        .context("old pictures could not be put away")?;
    (summary.archived, summary.deleted) = (applied.archived, applied.deleted);
    Ok(summary)
}
