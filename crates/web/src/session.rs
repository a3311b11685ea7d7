//! The session: a link that works once, and the token it is exchanged for.
//!
//! Always true:
//! * A link is good for [`LINK_LIFETIME`] and for one use.
//! * A new session ends the former one.
//! * Secrets are compared in constant time.
//! * After [`MAX_WRONG_TOKENS`] wrong tokens within [`RATE_WINDOW`] no link is looked at until the window has passed. The
//!   open session goes on, or any other user of this computer could lock its owner out.

use data_encoding::BASE64URL_NOPAD;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// How long a link works.
pub(crate) const LINK_LIFETIME: Duration = Duration::from_secs(60);

/// Wrong tokens within a [`RATE_WINDOW`] that are answered as wrong; further ones are not compared.
pub(crate) const MAX_WRONG_TOKENS: usize = 5;

/// The time over which wrong tokens are counted.
pub(crate) const RATE_WINDOW: Duration = Duration::from_secs(60);

/// 256 random bits, in letters that need no quoting anywhere.
struct SessionToken(Zeroizing<String>);

impl SessionToken {
    fn random_token() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut bytes[..])?;
        Ok(Self(Zeroizing::new(BASE64URL_NOPAD.encode(&bytes[..]))))
    }

    fn matches_token(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

/// Why a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenError {
    /// It is missing or wrong.
    Wrong,
    /// Not compared: too many were wrong.
    RateLimited,
    /// The operating system gave no random bytes for a new one.
    NoRandomness,
}

/// The newest link, the open session and the recent failures. The time is an argument.
#[derive(Default)]
pub(crate) struct SessionStore {
    link: Option<(SessionToken, Instant)>,
    session: Option<SessionToken>,
    failures: VecDeque<Instant>,
}

impl SessionStore {
    /// Makes a new link and returns its token; an older link stops working.
    pub(crate) fn create_link(&mut self, now: Instant) -> Result<String, TokenError> {
        let token = SessionToken::random_token().map_err(|_| TokenError::NoRandomness)?;
        let text = token.0.to_string();
        self.link = Some((token, now));
        Ok(text)
    }

    /// Exchanges a link's token for that of a new session.
    pub(crate) fn open_session(&mut self, link: &str, now: Instant) -> Result<String, TokenError> {
        if self.is_rate_limited(now) {
            return Err(TokenError::RateLimited);
        }
        let is_good = self.link.as_ref().is_some_and(|(token, created)| {
            now.duration_since(*created) < LINK_LIFETIME && token.matches_token(link)
        });
        if !is_good {
            return Err(self.count_failure(now));
        }
        self.link = None;
        let token = SessionToken::random_token().map_err(|_| TokenError::NoRandomness)?;
        let text = token.0.to_string();
        self.session = Some(token);
        Ok(text)
    }

    /// Checks that this is the session's token.
    pub(crate) fn check_token(
        &mut self,
        token: Option<&str>,
        now: Instant,
    ) -> Result<(), TokenError> {
        // A missing token is no guess and does not count.
        let token = token.ok_or(TokenError::Wrong)?;
        if self
            .session
            .as_ref()
            .is_some_and(|s| s.matches_token(token))
        {
            return Ok(());
        }
        match self.is_rate_limited(now) {
            true => Err(TokenError::RateLimited),
            false => Err(self.count_failure(now)),
        }
    }

    fn is_rate_limited(&mut self, now: Instant) -> bool {
        while self
            .failures
            .front()
            .is_some_and(|at| now.duration_since(*at) >= RATE_WINDOW)
        {
            self.failures.pop_front();
        }
        self.failures.len() >= MAX_WRONG_TOKENS
    }

    fn count_failure(&mut self, now: Instant) -> TokenError {
        self.failures.push_back(now);
        TokenError::Wrong
    }
}

/// Makes links to the page.
#[derive(Clone)]
pub struct LinkIssuer {
    pub(crate) session: Arc<Mutex<SessionStore>>,
    pub(crate) port: u16,
}

impl LinkIssuer {
    /// A link that works once, within a minute; links made before stop working. The secret is in its fragment, which
    /// browsers never send.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn create_link(&self) -> std::io::Result<String> {
        let token = lock_session(&self.session)
            .create_link(Instant::now())
            .map_err(|_| std::io::Error::other("the operating system gave no random bytes"))?;
        Ok(format!("http://127.0.0.1:{}/#{token}", self.port))
    }
}

impl std::fmt::Debug for LinkIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LinkIssuer")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

pub(crate) fn lock_session(session: &Mutex<SessionStore>) -> MutexGuard<'_, SessionStore> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_link_works_once_and_for_a_minute() {
        let (mut store, begun) = (SessionStore::default(), Instant::now());
        let link = store.create_link(begun).unwrap();
        let session = store
            .open_session(&link, begun + LINK_LIFETIME - Duration::from_millis(1))
            .unwrap();
        assert_eq!(store.check_token(Some(&session), begun), Ok(()));
        assert_eq!(store.open_session(&link, begun), Err(TokenError::Wrong));
        assert_eq!(
            store.check_token(Some(&link), begun),
            Err(TokenError::Wrong)
        );

        let late = store.create_link(begun).unwrap();
        assert_eq!(
            store.open_session(&late, begun + LINK_LIFETIME),
            Err(TokenError::Wrong)
        );
        assert_eq!(store.check_token(Some(&session), begun), Ok(()));
    }

    #[test]
    fn a_new_session_ends_the_one_before() {
        let (mut store, now) = (SessionStore::default(), Instant::now());
        let first = store.create_link(now).unwrap();
        let first = store.open_session(&first, now).unwrap();
        let second = store.create_link(now).unwrap();
        let second = store.open_session(&second, now).unwrap();
        assert_eq!(store.check_token(Some(&first), now), Err(TokenError::Wrong));
        assert_eq!(store.check_token(Some(&second), now), Ok(()));
    }

    #[test]
    fn five_wrong_tokens_a_minute_and_the_open_session_goes_on() {
        let (mut store, begun) = (SessionStore::default(), Instant::now());
        let link = store.create_link(begun).unwrap();
        let session = store.open_session(&link, begun).unwrap();
        let link = store.create_link(begun).unwrap();
        for n in 0..3 {
            let guess = format!("{n}");
            assert_eq!(store.open_session(&guess, begun), Err(TokenError::Wrong));
        }
        for _ in 0..2 {
            assert_eq!(
                store.check_token(Some("guess"), begun),
                Err(TokenError::Wrong)
            );
        }
        assert_eq!(
            store.check_token(Some("guess"), begun),
            Err(TokenError::RateLimited)
        );
        assert_eq!(
            store.open_session(&link, begun),
            Err(TokenError::RateLimited)
        );
        assert_eq!(store.check_token(Some(&session), begun), Ok(()));
        assert_eq!(store.check_token(None, begun), Err(TokenError::Wrong));
        assert_eq!(
            store.open_session("guess", begun + RATE_WINDOW),
            Err(TokenError::Wrong)
        );
    }

    #[test]
    fn no_token_is_right_before_there_is_a_session() {
        let mut store = SessionStore::default();
        assert_eq!(
            store.check_token(Some(""), Instant::now()),
            Err(TokenError::Wrong)
        );
        assert_eq!(
            store.open_session("", Instant::now()),
            Err(TokenError::Wrong)
        );
    }
}
