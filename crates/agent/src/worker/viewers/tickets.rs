//! Who looks on: the console in this terminal, and those that were attached later.
//!
//! Always true: what a viewer sees beyond the state, it sees with a ticket. The console of this start, at whose terminal
//! the code was given, has one from the beginning; anybody else gets one for the viewer's key, and it is void once the
//! desktop is locked, a minute after its last use, and with this process. Pictures of earlier starts do not open here.

use crate::worker::agent::Agent;
use data_encoding::{BASE64, HEXLOWER};
use journal::{Reader, ScreenshotLocation};
use model::Moment;
use protocol::{AttachedView, Response, ScreenshotStep, ViewTicket, ViewedScreenshot, ViewerKey};

/// Tickets at the same time, besides the console of this start; one more takes the place of the one that has been silent
/// longest.
const MOST: usize = 4;

/// A ticket is void after this long without a use, in microseconds of the boot clock.
const SILENT_US: u64 = 60_000_000;

/// Pictures that can be stepped through, the newest ones.
const PICTURES: usize = 500;

struct IssuedTicket {
    word: ViewTicket,
    used_us: u64,
}

/// Who may look on.
#[derive(Default)]
pub(in crate::worker) struct Tickets {
    own: Option<ViewTicket>,
    others: Vec<IssuedTicket>,
}

impl Tickets {
    /// The ticket of this start's console; none where no random source can be had, and then nothing is shown that takes one.
    pub(in crate::worker) fn own(&mut self) -> Option<ViewTicket> {
        self.own = word();
        self.own.clone()
    }

    /// A ticket for somebody else.
    fn grant(&mut self, now: Moment) -> Option<ViewTicket> {
        let word = word()?;
        if self.others.len() >= MOST
            && let Some(silent) = (0..self.others.len()).min_by_key(|n| self.others[*n].used_us)
        {
            self.others.swap_remove(silent);
        }
        self.others.push(IssuedTicket {
            word: word.clone(),
            used_us: now.boot_us,
        });
        Some(word)
    }

    fn may(&mut self, word: &ViewTicket, now: Moment) -> bool {
        self.others
            .retain(|t| now.boot_us.saturating_sub(t.used_us) <= SILENT_US);
        if self.own.as_ref() == Some(word) {
            return true;
        }
        match self.others.iter_mut().find(|t| t.word == *word) {
            Some(ticket) => {
                ticket.used_us = now.boot_us;
                true
            }
            None => false,
        }
    }

    /// The desktop was locked: whoever comes back shows the factors again.
    pub(in crate::worker) fn lock(&mut self) {
        self.others.clear();
    }
}

fn word() -> Option<ViewTicket> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(ViewTicket::new(HEXLOWER.encode(&bytes)))
}

/// What a viewer without a ticket hears. It is an answer and no refusal: who is refused may ask again.
fn void() -> Response {
    Response::TicketExpired(
        "This view is closed: the desktop was locked, or nobody looked for a minute.".to_owned(),
    )
}

impl Agent {
    /// Whoever has the viewer's key may look on.
    pub(in crate::worker) fn attach(&mut self, key: &ViewerKey, now: Moment) -> Response {
        if let Err(e) = self.viewer(key) {
            return Response::refused(format!("{e:#}"));
        }
        match self.viewers.grant(now) {
            Some(ticket) => Response::Attached {
                text: "Attached.".to_owned(),
                ticket,
            },
            None => Response::refused("This system gives no random numbers just now."),
        }
    }

    /// What is to be seen now.
    pub(in crate::worker) fn look(
        &mut self,
        ticket: &ViewTicket,
        after_line: u64,
        now: Moment,
    ) -> Response {
        if !self.viewers.may(ticket, now) {
            return void();
        }
        self.recorder.step(now, recorder::RecorderInput::Tick);
        let status = self.status(now);
        let recent = self.display.recent();
        Response::View(Box::new(AttachedView {
            status,
            day_summary: self.today.glance().clone(),
            lines: recent.after(after_line),
            last_line: recent.last(),
            newest_screenshot: recent.newest(),
            redactions: recent.removals(),
        }))
    }

    /// A picture of this start.
    pub(in crate::worker) fn show_shot(
        &mut self,
        ticket: &ViewTicket,
        from: Option<u64>,
        step: ScreenshotStep,
        now: Moment,
    ) -> Response {
        if !self.viewers.may(ticket, now) {
            return void();
        }
        match self.shown(from, step) {
            Ok(Some(shown)) => Response::Screenshot(Box::new(shown)),
            Ok(None) => Response::refused(
                "No picture of this start is here; `uam shots` and the page show earlier ones.",
            ),
            Err(e) => Response::refused(format!("The picture cannot be shown: {e}")),
        }
    }

    /// The newest picture, for this start's own view; one that cannot be had is not shown.
    pub(in crate::worker) fn newest_shot(&self) -> Option<console::ShownScreenshot> {
        let shown = self.shown(None, ScreenshotStep::Newest).ok().flatten()?;
        crate::user_commands::decode_screenshot(&shown)
    }

    fn shown(
        &self,
        from: Option<u64>,
        step: ScreenshotStep,
    ) -> Result<Option<ViewedScreenshot>, journal::JournalError> {
        let reader = Reader::open(&self.paths.journal_dir(), self.keys.opener.clone())?;
        let mut shots: Vec<_> = reader
            .newest_screenshots(PICTURES)?
            .into_iter()
            .filter(|row| row.place == ScreenshotLocation::Here && !row.shot.removed)
            .collect();
        shots.reverse();
        let at = place(&shots.iter().map(|s| s.seq).collect::<Vec<_>>(), from, step);
        let Some((at, row)) = at.and_then(|at| Some((at, shots.get(at)?))) else {
            return Ok(None);
        };
        let bytes = reader.open_screenshot(row.seq)?;
        Ok(Some(ViewedScreenshot {
            seq: row.seq,
            position: at as u64 + 1,
            total: shots.len() as u64,
            taken_at: row.shot.at_us,
            is_blurred: row.shot.blurred,
            base64: BASE64.encode(&bytes),
        }))
    }
}

/// Which of the pictures with these numbers, in order, is the one to show. One that is gone has its neighbours still.
fn place(seqs: &[u64], from: Option<u64>, step: ScreenshotStep) -> Option<usize> {
    let last = seqs.len().checked_sub(1)?;
    let at = match (step, from) {
        (ScreenshotStep::Newest, _) | (_, None) => last,
        (ScreenshotStep::Older, Some(from)) => {
            seqs.partition_point(|s| *s < from).saturating_sub(1)
        }
        (ScreenshotStep::Newer, Some(from)) => seqs.partition_point(|s| *s <= from),
    };
    Some(at.min(last))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(second: u64) -> Moment {
        Moment {
            utc_us: 0,
            boot_us: second * 1_000_000,
            awake_us: 0,
        }
    }

    #[test]
    fn a_ticket_is_void_after_a_silent_minute_and_when_the_desktop_is_locked() {
        let mut viewers = Tickets::default();
        let own = viewers.own().unwrap();
        let other = viewers.grant(at(0)).unwrap();
        assert!(viewers.may(&other, at(60)));
        assert!(viewers.may(&other, at(120)), "each use prolongs it");
        assert!(!viewers.may(&other, at(181)));
        assert!(!viewers.may(&other, at(181)), "for good");
        let other = viewers.grant(at(200)).unwrap();
        viewers.lock();
        assert!(!viewers.may(&other, at(200)));
        assert!(viewers.may(&own, at(100_000)));
        assert!(
            !viewers.may(&ViewTicket::new(""), at(0))
                && !Tickets::default().may(&ViewTicket::new(""), at(0))
        );
    }

    #[test]
    fn one_viewer_too_many_takes_the_place_of_the_most_silent() {
        let mut viewers = Tickets::default();
        let words: Vec<ViewTicket> = (0..=MOST as u64)
            .map(|n| viewers.grant(at(n)).unwrap())
            .collect();
        assert!(!viewers.may(&words[0], at(9)));
        assert!(words[1..].iter().all(|w| viewers.may(w, at(9))));
    }

    #[test]
    fn pictures_are_stepped_through_also_from_one_that_is_gone() {
        let seqs = [3, 7, 9];
        for (from, step, expected) in [
            (None, ScreenshotStep::Newest, 2),
            (None, ScreenshotStep::Older, 2),
            (Some(9), ScreenshotStep::Older, 1),
            (Some(7), ScreenshotStep::Newer, 2),
            (Some(9), ScreenshotStep::Newer, 2),
            (Some(3), ScreenshotStep::Older, 0),
            (Some(8), ScreenshotStep::Older, 1),
            (Some(8), ScreenshotStep::Newer, 2),
            (Some(1), ScreenshotStep::Older, 0),
            (Some(1), ScreenshotStep::Newer, 0),
        ] {
            assert_eq!(
                place(&seqs, from, step),
                Some(expected),
                "{from:?} {step:?}"
            );
        }
        assert_eq!(place(&[], Some(1), ScreenshotStep::Newer), None);
    }
}
