//! Who may come in: a link that works once, and the token it is exchanged for.
//!
//! Always true: a link is good for [`LINK`] and for one use; a new session ends the one before; secrets are compared in
//! constant time; after [`TRIES`] wrong tokens within [`SPELL`] no link is looked at until the spell is over, while the
//! session that is open goes on (or any other user of the computer could lock its owner out).

use data_encoding::BASE64URL_NOPAD;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// How long a link works.
pub(crate) const LINK: Duration = Duration::from_secs(60);

/// Wrong tokens that are answered as such within a [`SPELL`].
pub(crate) const TRIES: usize = 5;

/// The time in which wrong tokens are counted.
pub(crate) const SPELL: Duration = Duration::from_secs(60);

/// 256 bits, in letters that need no quoting anywhere.
struct Token(Zeroizing<String>);

impl Token {
    fn fresh() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut bytes[..])?;
        Ok(Self(Zeroizing::new(BASE64URL_NOPAD.encode(&bytes[..]))))
    }

    fn is(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

/// What a token was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Not the one.
    Token,
    /// Not looked at: too many were wrong.
    Often,
    /// The operating system gave no random bytes.
    Random,
}

/// Links and the session. The time is given as an argument.
#[derive(Default)]
pub(crate) struct Door {
    link: Option<(Token, Instant)>,
    session: Option<Token>,
    failed: VecDeque<Instant>,
}

impl Door {
    /// A new link's token; an older link does not work any more.
    pub(crate) fn link(&mut self, now: Instant) -> Result<String, Wrong> {
        let token = Token::fresh().map_err(|_| Wrong::Random)?;
        let text = token.0.to_string();
        self.link = Some((token, now));
        Ok(text)
    }

    /// The session's token for a link's.
    pub(crate) fn enter(&mut self, link: &str, now: Instant) -> Result<String, Wrong> {
        if self.is_tired(now) {
            return Err(Wrong::Often);
        }
        let good = self
            .link
            .as_ref()
            .is_some_and(|(token, made)| now.duration_since(*made) < LINK && token.is(link));
        if !good {
            return Err(self.wrong(now));
        }
        self.link = None;
        let token = Token::fresh().map_err(|_| Wrong::Random)?;
        let text = token.0.to_string();
        self.session = Some(token);
        Ok(text)
    }

    /// Is this the session's token?
    pub(crate) fn check(&mut self, bearer: Option<&str>, now: Instant) -> Result<(), Wrong> {
        // Who shows nothing guesses nothing.
        let bearer = bearer.ok_or(Wrong::Token)?;
        if self.session.as_ref().is_some_and(|token| token.is(bearer)) {
            return Ok(());
        }
        match self.is_tired(now) {
            true => Err(Wrong::Often),
            false => Err(self.wrong(now)),
        }
    }

    fn is_tired(&mut self, now: Instant) -> bool {
        while self
            .failed
            .front()
            .is_some_and(|at| now.duration_since(*at) >= SPELL)
        {
            self.failed.pop_front();
        }
        self.failed.len() >= TRIES
    }

    fn wrong(&mut self, now: Instant) -> Wrong {
        self.is_tired(now);
        self.failed.push_back(now);
        Wrong::Token
    }
}

/// Makes links to the page.
#[derive(Clone)]
pub struct Links {
    pub(crate) door: Arc<Mutex<Door>>,
    pub(crate) port: u16,
}

impl Links {
    /// A link that works once, within a minute; links made before do not work any more. The secret is in its fragment,
    /// which browsers send nowhere.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn fresh(&self) -> std::io::Result<String> {
        let token = lock(&self.door)
            .link(Instant::now())
            .map_err(|_| std::io::Error::other("the operating system gave no random bytes"))?;
        Ok(format!("http://127.0.0.1:{}/#{token}", self.port))
    }
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Links")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

pub(crate) fn lock(door: &Mutex<Door>) -> MutexGuard<'_, Door> {
    door.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_link_works_once_and_for_a_minute() {
        let (mut door, begun) = (Door::default(), Instant::now());
        let link = door.link(begun).unwrap();
        let session = door
            .enter(&link, begun + LINK - Duration::from_millis(1))
            .unwrap();
        assert_eq!(door.check(Some(&session), begun), Ok(()));
        assert_eq!(door.enter(&link, begun), Err(Wrong::Token));
        assert_eq!(door.check(Some(&link), begun), Err(Wrong::Token));

        let late = door.link(begun).unwrap();
        assert_eq!(door.enter(&late, begun + LINK), Err(Wrong::Token));
        assert_eq!(door.check(Some(&session), begun), Ok(()));
    }

    #[test]
    fn a_new_session_ends_the_one_before() {
        let (mut door, now) = (Door::default(), Instant::now());
        let first = door.link(now).unwrap();
        let first = door.enter(&first, now).unwrap();
        let second = door.link(now).unwrap();
        let second = door.enter(&second, now).unwrap();
        assert_eq!(door.check(Some(&first), now), Err(Wrong::Token));
        assert_eq!(door.check(Some(&second), now), Ok(()));
    }

    #[test]
    fn five_wrong_tokens_a_minute_and_the_open_session_goes_on() {
        let (mut door, begun) = (Door::default(), Instant::now());
        let link = door.link(begun).unwrap();
        let session = door.enter(&link, begun).unwrap();
        let link = door.link(begun).unwrap();
        for n in 0..3 {
            let guess = format!("{n}");
            assert_eq!(door.enter(&guess, begun), Err(Wrong::Token));
        }
        for _ in 0..2 {
            assert_eq!(door.check(Some("guess"), begun), Err(Wrong::Token));
        }
        assert_eq!(door.check(Some("guess"), begun), Err(Wrong::Often));
        assert_eq!(door.enter(&link, begun), Err(Wrong::Often));
        assert_eq!(door.check(Some(&session), begun), Ok(()));
        assert_eq!(door.check(None, begun), Err(Wrong::Token));
        assert_eq!(door.enter("guess", begun + SPELL), Err(Wrong::Token));
    }

    #[test]
    fn nothing_is_a_token_before_there_is_one() {
        let mut door = Door::default();
        assert_eq!(door.check(Some(""), Instant::now()), Err(Wrong::Token));
        assert_eq!(door.enter("", Instant::now()), Err(Wrong::Token));
    }
}
