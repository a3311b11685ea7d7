//! Taking something out while recording goes on.
//!
//! Always true: what is taken out comes back neither from the recorder's memory nor from a picture under way; what is
//! more than an hour old, or does not open with the lease, needs the viewer's key, which is lent for this one wish,
//! checked against the vault, and wiped.

use super::agent::Agent;
use crate::day_so_far::read_own_day;
use crate::redaction::{self, redaction_notice};
use anyhow::Context;
use journal::UtcDay;
use model::Moment;
use protocol::{RedactionScope, RedactionSummary, Response, ViewerKey};

use recorder::RecorderInput;
use vault::{Identity, Opener, Vault};

/// What is younger can be taken back without a code.
const AT_ONCE_US: i64 = 3_600_000_000;

impl Agent {
    /// Answers the wish to have something taken out, or asks for the key it needs.
    pub(super) fn take_out(
        &mut self,
        scope: &RedactionScope,
        dry_run: bool,
        key: Option<&ViewerKey>,
        now: Moment,
    ) -> Response {
        match self.taken_out(scope, dry_run, key, now) {
            Ok(summary) => Response::Redaction {
                text: "Latch.".to_owned(),
                summary: Box::new(summary),
            },
            Err(e) => Response::refused(format!("{e:#}")),
        }
    }

    fn taken_out(
        &mut self,
        scope: &RedactionScope,
        dry_run: bool,
        key: Option<&ViewerKey>,
        now: Moment,
    ) -> anyhow::Result<RedactionSummary> {
        let opener = key.map(|key| self.viewer(key)).transpose()?;
        if let RedactionScope::Days { last, .. } = scope {
            let open = UtcDay::of_us(self.recorder.oldest_unsettled());
            anyhow::ensure!(
                *last < open.0,
                "{open} (UTC) is still being recorded; end uam first (`uam stop`), or erase up to the day before"
            );
        }
        self.recorder.cut_at(now);
        self.checkpoint(now)?;
        anyhow::ensure!(
            self.write_error.is_none(),
            "the journal cannot be written just now"
        );
        let now_us = self.recorder.timestamp_of(now);
        let has_key = opener.is_some();
        let mut summary = self.with(opener.clone(), |agent| {
            redaction::dry_run(scope, &agent.journal, now_us)
        })?;
        let old = match scope.time_range(now_us) {
            Some(range) => range.start < now_us.saturating_sub(AT_ONCE_US),
            None => summary
                .first_at
                .is_none_or(|first| first < now_us.saturating_sub(AT_ONCE_US)),
        };
        summary.needs_key = !has_key && (old || summary.unreadable > 0);
        anyhow::ensure!(
            !redaction::exceeds_object_limit(&summary),
            "that touches too many objects that were sent to name them all; take fewer days at once"
        );
        if dry_run || summary.needs_key || summary.is_empty() {
            return Ok(summary);
        }
        let rules = self.policy.freeze_options(false);
        let summary = self.with(opener, |agent| {
            redaction::apply(scope, &mut agent.journal, &rules, now_us)
        })?;
        self.forget(scope, &summary, now_us);
        let zone = self.recorder.zone().to_string();
        let (code, text) = redaction_notice(scope, &summary, now_us, &zone);
        self.recorder.step(now, RecorderInput::Notice(code, text));
        self.checkpoint(now)?;
        Ok(summary)
    }

    /// Does `work` with the lent key, if there is one.
    fn with<T>(
        &mut self,
        opener: Option<Opener>,
        work: impl FnOnce(&mut Self) -> Result<T, journal::JournalError>,
    ) -> Result<T, journal::JournalError> {
        let own = opener.map(|opener| self.journal.lend(opener));
        let done = work(self);
        if let Some(own) = own {
            self.journal.take_back(own);
        }
        done
    }

    /// The opener of a lent key, which must be the viewer's own.
    pub(super) fn viewer(&self, key: &ViewerKey) -> anyhow::Result<Opener> {
        let identity: Identity = key
            .reveal()
            .parse()
            .context("the key that was lent is none")?;
        let vault = Vault::open(&self.paths.vault_dir())?;
        let public = identity.recipient().to_string();
        anyhow::ensure!(
            vault.viewer() == Some(public.as_str()),
            "the key that was lent is not this vault's"
        );
        Ok(vault.viewer_opener(&identity))
    }

    /// Nothing here may bring back, or show any longer, what was taken out.
    fn forget(&mut self, scope: &RedactionScope, summary: &RedactionSummary, now_us: i64) {
        if let Some(range) = scope.time_range(now_us) {
            self.recorder.redact(&range);
            let held = self
                .held
                .as_ref()
                .map(|(at, ..)| self.recorder.timestamp_of(*at));
            if held.is_some_and(|at| range.contains(&at)) {
                self.held = None;
            }
            if range.end >= now_us {
                // Their pixels may be older than this moment.
                self.void_shots = self.ordered_shots;
            }
        }
        let zone = self.recorder.zone().to_string();
        for (start_us, counts) in &summary.redacted_counts {
            self.today.subtract(*start_us, *counts, &zone);
        }
        self.unfolded |= summary.checkpoint_pending;
        self.forget_names(scope, now_us);
        self.display.forget();
    }

    /// What was in front longest is found anew without what was taken out. What earlier starts wrote does not open here:
    /// of it all names go, unless what was taken out is younger.
    fn forget_names(&mut self, scope: &RedactionScope, now_us: i64) {
        let younger = scope
            .time_range(now_us)
            .is_some_and(|range| range.start >= self.began_us);
        if let Some(before) = &mut self.before
            && !younger
        {
            before.clear_names();
        }
        self.today.clear_names();
        let (day, zone) = (self.today.day(), self.recorder.zone().to_string());
        let own = read_own_day(&self.paths, &self.keys, day, now_us, &zone);
        for part in [self.before.as_ref(), own.as_ref()].into_iter().flatten() {
            if part.day() == day {
                self.today.merge_names(part);
            }
        }
    }
}
