//! A check of what was sent: one at a time, by itself, as far as it is.
//!
//! Always true: a check that nobody waits for any more is told to stop ([`Checking::step`]), and its answer is kept until
//! the next one begins. What it found is bounded by [`MOST`].

use crate::api::day::text;
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Findings shown; further ones are counted.
pub(crate) const MOST: usize = 100;

/// How far a check is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Names listed.
    pub names: u64,
    /// Manifests followed.
    pub manifests: u64,
    /// Manifests there are; 0 while names are listed.
    pub of: u64,
    /// Objects read through.
    pub objects: u64,
}

/// The answer in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything that was sent is there, as it was sent.
    Complete,
    /// Something is missing or could not be read.
    Incomplete,
    /// Something is not as it was sent.
    Tampered,
    /// There is no answer: the sink could not be reached, or the check was stopped.
    Failed,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// True when it is not as it was sent; false when it is missing, or nothing is known of it.
    pub wrong: bool,
    /// Name of the object or manifest.
    pub name: String,
    /// One sentence.
    pub text: String,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The answer.
    pub verdict: Verdict,
    /// The same in a sentence, for people.
    pub words: String,
    /// Where.
    pub place: String,
    /// When it ended, microseconds since the Unix epoch (UTC).
    pub at_us: i64,
    /// Objects that lie there.
    pub objects: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// What to know about each device's chain of manifests, a line each.
    pub chains: Vec<String>,
    /// What is wrong; at most 100 of it are shown.
    pub findings: Vec<Finding>,
    /// How many findings there are in all.
    pub found: u64,
}

/// What the page shows of it.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Shown {
    running: bool,
    step: Step,
    last: Option<Checked>,
}

#[derive(Default)]
struct Inner {
    shown: Mutex<Shown>,
    over: AtomicBool,
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one check of a page.
#[derive(Clone, Default)]
pub(crate) struct Checks(Arc<Inner>);

impl Checks {
    /// A new check, unless one runs.
    pub(crate) fn begin(&self) -> Option<Checking> {
        let mut shown = self.0.lock();
        if shown.running {
            return None;
        }
        (shown.running, shown.step) = (true, Step::default());
        Some(Checking(Arc::clone(&self.0)))
    }

    pub(crate) fn shown(&self) -> Shown {
        self.0.lock().clone()
    }

    /// The page is over: a check that runs need not go on.
    pub(crate) fn end(&self) {
        self.0.over.store(true, Ordering::SeqCst);
    }
}

/// A check that runs. Dropped without an answer it says that it was broken off.
pub struct Checking(Arc<Inner>);

impl std::fmt::Debug for Checking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Checking(..)")
    }
}

impl Checking {
    /// Tells how far it is; false when it is to stop.
    #[must_use]
    pub fn step(&self, step: Step) -> bool {
        self.0.lock().step = step;
        !self.0.over.load(Ordering::SeqCst)
    }

    /// Tells what was found.
    pub fn done(self, checked: Checked) {
        let findings = checked.findings.into_iter().take(MOST);
        let clean = Checked {
            words: text(&checked.words, 600),
            place: text(&checked.place, 300),
            chains: checked
                .chains
                .iter()
                .take(MOST)
                .map(|c| text(c, 300))
                .collect(),
            findings: findings
                .map(|f| Finding {
                    name: text(&f.name, 300),
                    text: text(&f.text, 300),
                    ..f
                })
                .collect(),
            ..checked
        };
        self.0.lock().last = Some(clean);
    }
}

impl Drop for Checking {
    fn drop(&mut self) {
        self.0.lock().running = false;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn checked(findings: usize) -> Checked {
        Checked {
            verdict: Verdict::Incomplete,
            words: "INCOMPLETE\u{202e}".into(),
            place: "s3://bucket".into(),
            at_us: 1,
            objects: 2,
            bytes: 3,
            chains: Vec::new(),
            findings: vec![
                Finding {
                    wrong: false,
                    name: "raw/v1/\u{1b}x".into(),
                    text: "is not there".into(),
                };
                findings
            ],
            found: findings as u64,
        }
    }

    #[test]
    fn one_check_at_a_time_and_its_answer_stays() {
        let checks = Checks::default();
        let one = checks.begin().unwrap();
        assert!(checks.begin().is_none());
        assert!(one.step(Step {
            names: 7,
            ..Step::default()
        }));
        assert_eq!(checks.shown().step.names, 7);
        one.done(checked(MOST + 9));
        let shown = checks.shown();
        assert!(!shown.running);
        let last = shown.last.unwrap();
        assert_eq!((last.findings.len(), last.found), (MOST, 109));
        assert_eq!(last.words, "INCOMPLETE·");
        assert_eq!(last.findings[0].name, "raw/v1/·x");
        // One that breaks off makes room, and the last answer is not lost.
        drop(checks.begin().unwrap());
        let next = checks.begin().unwrap();
        assert!(checks.shown().last.is_some());
        checks.end();
        assert!(!next.step(Step::default()), "nobody waits for it any more");
    }
}
