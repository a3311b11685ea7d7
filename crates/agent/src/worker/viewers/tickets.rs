//! Tickets of viewers.

use data_encoding::HEXLOWER;
use model::Moment;
use protocol::ViewTicket;
use std::time::Duration;

/// Viewers at the same time, besides the console of this start; one more takes the place of the one that has been silent
/// longest.
const MOST: usize = 4;

/// A ticket is void after this long without a use.
const IDLE_LIMIT: Duration = Duration::from_secs(60);

/// A ticket of another viewer.
struct IssuedTicket {
    word: ViewTicket,
    /// On the boot clock.
    used: Duration,
}

/// The valid tickets.
#[derive(Default)]
pub(super) struct Tickets {
    own: Option<ViewTicket>,
    others: Vec<IssuedTicket>,
}

impl Tickets {
    /// The ticket of this start's console; none where no random source can be had, and then nothing is shown that needs
    /// one.
    pub(super) fn issue_own_ticket(&mut self) -> Option<ViewTicket> {
        self.own = random_ticket();
        self.own.clone()
    }

    /// A ticket for another viewer.
    pub(super) fn grant(&mut self, now: Moment) -> Option<ViewTicket> {
        let word = random_ticket()?;
        if self.others.len() >= MOST
            && let Some(silent) = (0..self.others.len()).min_by_key(|n| self.others[*n].used)
        {
            self.others.swap_remove(silent);
        }
        self.others.push(IssuedTicket {
            word: word.clone(),
            used: now.boot,
        });
        Some(word)
    }

    pub(super) fn accept(&mut self, word: &ViewTicket, now: Moment) -> bool {
        self.others
            .retain(|t| now.boot.saturating_sub(t.used) <= IDLE_LIMIT);
        if self.own.as_ref() == Some(word) {
            return true;
        }
        match self.others.iter_mut().find(|t| t.word == *word) {
            Some(ticket) => {
                ticket.used = now.boot;
                true
            }
            None => false,
        }
    }

    /// Voids every ticket but that of this start's console.
    pub(super) fn revoke(&mut self) {
        self.others.clear();
    }
}

fn random_ticket() -> Option<ViewTicket> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(ViewTicket::new(HEXLOWER.encode(&bytes)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use model::Timestamp;

    fn at(second: u64) -> Moment {
        Moment {
            utc: Timestamp::UNIX_EPOCH,
            boot: Duration::from_secs(second),
            awake: Duration::ZERO,
        }
    }

    #[test]
    fn a_ticket_is_void_after_a_silent_minute_and_when_the_desktop_is_locked() {
        let mut viewers = Tickets::default();
        let own = viewers.issue_own_ticket().unwrap();
        let other = viewers.grant(at(0)).unwrap();
        assert!(viewers.accept(&other, at(60)));
        assert!(viewers.accept(&other, at(120)), "each use prolongs it");
        assert!(!viewers.accept(&other, at(181)));
        assert!(!viewers.accept(&other, at(181)), "for good");
        let other = viewers.grant(at(200)).unwrap();
        viewers.revoke();
        assert!(!viewers.accept(&other, at(200)));
        assert!(viewers.accept(&own, at(100_000)));
        assert!(
            !viewers.accept(&ViewTicket::new(""), at(0))
                && !Tickets::default().accept(&ViewTicket::new(""), at(0))
        );
    }

    #[test]
    fn one_viewer_too_many_takes_the_place_of_the_most_silent() {
        let mut viewers = Tickets::default();
        let words: Vec<ViewTicket> = (0..=MOST as u64)
            .map(|n| viewers.grant(at(n)).unwrap())
            .collect();
        assert!(!viewers.accept(&words[0], at(9)));
        assert!(words[1..].iter().all(|w| viewers.accept(w, at(9))));
    }
}
