//! Taking something out while recording goes on.
//!
//! Always true: what is taken out comes back neither from the recorder's memory nor from a picture under way; what is
//! more than an hour old, or does not open with the lease, needs the viewer's key, which is lent for this one wish,
//! checked against the vault, and wiped.

use super::begin;
use super::state::Agent;
use crate::control::Reply;
use crate::yours::{self, Lent, Told, Wish, words};
use anyhow::Context;
use journal::UtcDay;
use model::Moment;
use recorder::RecorderInput;
use vault::{Identity, Opener, Vault};

/// What is younger can be taken back without a code.
const AT_ONCE_US: i64 = 3_600_000_000;

impl Agent {
    /// Answers the wish to have something taken out, or asks for the key it needs.
    pub(super) fn take_out(
        &mut self,
        wish: &Wish,
        rehearsal: bool,
        key: Option<&Lent>,
        now: Moment,
    ) -> Reply {
        match self.taken_out(wish, rehearsal, key, now) {
            Ok(told) => Reply {
                told: Some(Box::new(told)),
                ..Reply::done("Done.")
            },
            Err(e) => Reply::refused(format!("{e:#}")),
        }
    }

    fn taken_out(
        &mut self,
        wish: &Wish,
        rehearsal: bool,
        key: Option<&Lent>,
        now: Moment,
    ) -> anyhow::Result<Told> {
        let opener = key.map(|key| self.viewer(key)).transpose()?;
        if let Wish::Erase { last, .. } = wish {
            let open = UtcDay::of_us(self.recorder.oldest_us());
            anyhow::ensure!(
                *last < open.0,
                "{open} (UTC) is still being recorded; end uam first (`uam stop`), or erase up to the day before"
            );
        }
        self.recorder.cut_off(now);
        self.checkpoint(now)?;
        anyhow::ensure!(
            self.write_error.is_none(),
            "the journal cannot be written just now"
        );
        let now_us = self.recorder.stamp(now);
        let has_key = opener.is_some();
        let mut told = self.with(opener.clone(), |agent| {
            wish.rehearse(&agent.journal, now_us)
        })?;
        let old = match wish.range(now_us) {
            Some(range) => range.start < now_us.saturating_sub(AT_ONCE_US),
            None => told
                .first_us
                .is_none_or(|first| first < now_us.saturating_sub(AT_ONCE_US)),
        };
        told.needs_key = !has_key && (old || told.closed > 0);
        anyhow::ensure!(
            !yours::is_too_much(&told),
            "that touches too many objects that were sent to name them all; take fewer days at once"
        );
        if rehearsal || told.needs_key || told.is_nothing() {
            return Ok(told);
        }
        let rules = yours::freeze_rules(&self.config, false);
        let told = self.with(opener, |agent| {
            wish.carry_out(&mut agent.journal, &rules, now_us)
        })?;
        self.forget(wish, &told, now_us);
        let zone = self.recorder.zone().to_string();
        let (code, text) = words::notice(wish, &told, now_us, &zone);
        self.recorder.step(now, RecorderInput::Notice(code, text));
        self.checkpoint(now)?;
        Ok(told)
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
    pub(super) fn viewer(&self, key: &Lent) -> anyhow::Result<Opener> {
        let identity: Identity = key.0.parse().context("the key that was lent is none")?;
        let vault = Vault::open(&self.paths.vault())?;
        let public = identity.recipient().to_string();
        anyhow::ensure!(
            vault.viewer() == Some(public.as_str()),
            "the key that was lent is not this vault's"
        );
        Ok(vault.opener(&identity))
    }

    /// Nothing here may bring back, or show any longer, what was taken out.
    fn forget(&mut self, wish: &Wish, told: &Told, now_us: i64) {
        if let Some(range) = wish.range(now_us) {
            self.recorder.forget(&range);
            let held = self.held.as_ref().map(|(at, ..)| self.recorder.stamp(*at));
            if held.is_some_and(|at| range.contains(&at)) {
                self.held = None;
            }
            if range.end >= now_us {
                // Their pixels may be older than this moment.
                self.void_shots = self.ordered_shots;
            }
        }
        let zone = self.recorder.zone().to_string();
        for (start_us, counts) in &told.counted {
            self.today.take_back(*start_us, *counts, &zone);
        }
        self.unfolded |= told.unfolded;
        self.forget_names(wish, now_us);
        self.display.forget();
    }

    /// What was in front longest is found anew without what was taken out. What earlier starts wrote does not open here:
    /// of it all names go, unless what was taken out is younger.
    fn forget_names(&mut self, wish: &Wish, now_us: i64) {
        let younger = wish
            .range(now_us)
            .is_some_and(|range| range.start >= self.began_us);
        if let Some(before) = &mut self.before
            && !younger
        {
            before.forget_names();
        }
        self.today.forget_names();
        let (day, zone) = (self.today.day(), self.recorder.zone().to_string());
        let own = begin::own(&self.paths, &self.keys, day, now_us, &zone);
        for part in [self.before.as_ref(), own.as_ref()].into_iter().flatten() {
            if part.day() == day {
                self.today.add_names(part);
            }
        }
    }
}
