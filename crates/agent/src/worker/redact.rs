//! Redaction while recording goes on.
//!
//! Always true: redacted data come back neither from the recorder's memory nor from a screenshot under way. Data older
//! than an hour, and data that do not open with the lease, need the viewer's key; the key comes with the one request, is
//! checked against the vault, and wiped.

use super::agent::Agent;
use super::effect::Effect;
use crate::day_so_far::read_own_day;
use crate::redaction::{self, redaction_notice};
use anyhow::Context;
use journal::UtcDay;
use model::{Moment, Timestamp};
use protocol::{RedactionScope, RedactionSummary, Response, ViewerKey};
use settings::AppPaths;
use vault::{Identity, Opener, Vault};

/// Younger data can be redacted without a key, in microseconds.
const FREE_AGE_US: i64 = 3_600_000_000;

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
    let now_us = agent.recording.timestamp_of(now).as_micros();
    let has_key = opener.is_some();
    let mut summary = agent.journal.with_opener(opener.clone(), |journal| {
        redaction::dry_run(scope, journal, now_us)
    })?;
    let free_since = now_us.saturating_sub(FREE_AGE_US);
    let is_old = match scope.time_range(now_us) {
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
        redaction::apply(scope, journal, &options, now_us)
    })?;
    forget_redacted(agent, scope, &summary, now_us);
    let zone = agent.recording.zone().to_string();
    let (code, text) = redaction_notice(scope, &summary, now_us, &zone);
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
    now_us: i64,
) {
    let range = scope.time_range(now_us);
    if let Some(range) = &range {
        let times = Timestamp::from_micros(range.start)..Timestamp::from_micros(range.end);
        agent.recording.redact(&times);
        let recording = &agent.recording;
        agent
            .screenshots
            .discard_held_if(|at| times.contains(&recording.timestamp_of(at)));
        if range.end >= now_us {
            agent.screenshots.discard_pending();
        }
    }
    let zone = agent.recording.zone().to_string();
    if summary.checkpoint_pending {
        agent.journal.request_wal_checkpoint();
    }
    let day = agent.today.day();
    let own = read_own_day(
        &agent.paths,
        &agent.journal_keys,
        day,
        model::Timestamp::from_micros(now_us),
        &zone,
    );
    agent
        .today
        .redact(range.as_ref(), summary, own.as_ref(), &zone);
    agent.viewers.forget_shown();
}
