//! Redaction while recording goes on.
//!
//! Always true: redacted data come back neither from the recorder's memory nor from a screenshot under way. Data older
//! than an hour, and data that do not open with the lease, need the viewer's key; the key comes with the one request, is
//! checked against the vault, and wiped.

use super::agent::Agent;
use super::effect::Effect;
use crate::day_so_far::read_day;
use crate::redaction::{self, redaction_notice};
use anyhow::Context;
use journal::UtcDay;
use model::{Moment, Timestamp};
use protocol::{RedactionScope, RedactionSummary, Response, ViewerKey};
use settings::AppPaths;
use std::time::Duration;
use vault::{Identity, Opener, Vault};

/// Younger data can be redacted without a key.
const FREE_AGE: Duration = Duration::from_secs(3_600);

/// Executes a redaction, or answers that a key is needed.
pub(super) fn redact(
    agent: &mut Agent,
    scope: &RedactionScope,
    dry_run: bool,
    key: Option<&ViewerKey>,
    now: Moment,
) -> Response {
    match try_redact(agent, scope, dry_run, key, now) {
        Ok(summary) => Response::Redaction {
            text: "Done.".to_owned(),
            summary: Box::new(summary),
        },
        Err(e) => Response::refused(format!("{e:#}")),
    }
}

fn try_redact(
    agent: &mut Agent,
    scope: &RedactionScope,
    dry_run: bool,
    key: Option<&ViewerKey>,
    now: Moment,
) -> anyhow::Result<RedactionSummary> {
    let opener = key
        .map(|key| verify_viewer_key(&agent.paths, key))
        .transpose()?;
    if let RedactionScope::Days { last, .. } = scope {
        let open = UtcDay::of(agent.recording.oldest_unsettled());
        anyhow::ensure!(
            *last < open.0,
            "{open} (UTC) is still being recorded; stop uam first (`uam stop`), or erase up to the day before"
        );
    }
    agent.recording.cut_open_span(now);
    agent.commit(now)?;
    anyhow::ensure!(
        !agent.journal.has_write_error(),
        "the journal cannot be written just now"
    );
    let at = agent.recording.timestamp_of(now);
    let has_key = opener.is_some();
    let mut summary = agent.journal.with_opener(opener.clone(), |journal| {
        redaction::dry_run(scope, journal, at)
    })?;
    let free_since = at - FREE_AGE;
    let is_old = match scope.time_range(at) {
        Some(range) => range.start < free_since,
        None => summary.first_at.is_none_or(|first| first < free_since),
    };
    summary.needs_key = !has_key && (is_old || summary.unreadable > 0);
    anyhow::ensure!(
        !redaction::exceeds_object_limit(&summary),
        "too many uploaded objects are affected to list them all; choose fewer days at once"
    );
    if dry_run || summary.needs_key || summary.is_empty() {
        return Ok(summary);
    }
    let options = agent.policy.freeze_options(false);
    let summary = agent.journal.with_opener(opener, |journal| {
        redaction::apply(scope, journal, &options, at)
    })?;
    forget_redacted(agent, scope, &summary, at);
    let zone = agent.recording.zone().to_string();
    let (code, text) = redaction_notice(scope, &summary, at, &zone);
    agent.apply(vec![Effect::notice(code, text)], now);
    agent.commit(now)?;
    Ok(summary)
}

/// The opener of a key in a request, which must be the vault's own viewer key.
pub(super) fn verify_viewer_key(paths: &AppPaths, key: &ViewerKey) -> anyhow::Result<Opener> {
    let identity: Identity = key
        .reveal()
        .parse()
        .context("the viewer's key in the request is not a key")?;
    let vault = Vault::open(&paths.vault_dir())?;
    let public = identity.recipient().to_string();
    anyhow::ensure!(
        vault.viewer() == Some(public.as_str()),
        "the viewer's key in the request is not this vault's"
    );
    Ok(vault.viewer_opener(&identity))
}

/// No component may bring redacted data back, or show them any longer.
fn forget_redacted(
    agent: &mut Agent,
    scope: &RedactionScope,
    summary: &RedactionSummary,
    now: Timestamp,
) {
    let range = scope.time_range(now);
    if let Some(range) = &range {
        agent.recording.redact(range);
        let recording = &agent.recording;
        agent
            .screenshots
            .discard_held_if(|at| range.contains(&recording.timestamp_of(at)));
        if range.end >= now {
            agent.screenshots.discard_pending();
        }
    }
    let zone = agent.recording.zone().to_string();
    if summary.checkpoint_pending {
        agent.journal.request_wal_checkpoint();
    }
    let day = agent.today.day();
    let opener = agent.journal_keys.opener.clone();
    let own = read_day(&agent.paths, opener, day, now, &zone);
    agent
        .today
        .redact(range.as_ref(), summary, own.as_ref(), &zone);
    agent.viewers.forget_shown();
}
