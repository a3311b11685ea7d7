//! The verification of the uploads: one at a time, on the backend's own thread.
//!
//! Always true: a verification that nobody waits for is stopped ([`RunningVerification::report_progress`]). Its
//! result is kept until the next one starts, with at most [`MAX_FINDINGS`] findings.

use crate::text::printable_text;
use model::Timestamp;
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Findings shown; further ones are counted.
pub(crate) const MAX_FINDINGS: usize = 100;

/// Longest summary, and longest other text, in characters.
const MAX_SUMMARY: usize = 600;
const MAX_LINE: usize = 300;

/// Progress of a verification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerificationProgress {
    /// Classifier listed.
    pub names: u64,
    /// Manifests followed.
    pub manifests: u64,
    /// Manifests in all; 0 while names are listed.
    pub of: u64,
    /// Objects read.
    pub objects: u64,
}

/// The result in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerificationVerdict {
    /// Every uploaded object exists, unchanged.
    Complete,
    /// An object is missing or could not be read.
    Incomplete,
    /// An object differs from the uploaded one.
    Tampered,
    /// No result: the sink could not be reached, or the verification was stopped.
    Failed,
}

/// A missing or changed object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerificationFinding {
    /// True when it was changed; false when it is missing or nothing is known of it.
    pub wrong: bool,
    /// Name of the object or manifest.
    pub name: String,
    /// One sentence.
    pub text: String,
}

/// The result of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerificationResult {
    /// In one word.
    pub verdict: VerificationVerdict,
    /// In a sentence, for people.
    pub words: String,
    /// The destination.
    pub place: String,
    /// When it ended.
    #[serde(rename = "at_us")]
    pub at: Timestamp,
    /// Objects at the destination.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Facts on each device's chain of manifests, a line each.
    pub chains: Vec<String>,
    /// The faults; at most 100 findings are shown.
    pub findings: Vec<VerificationFinding>,
    /// Number of all findings.
    pub found: u64,
}

/// The state of the verification, as the page shows it.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct VerificationJson {
    running: bool,
    step: VerificationProgress,
    last: Option<VerificationResult>,
}

#[derive(Default)]
struct VerificationState {
    json: Mutex<VerificationJson>,
    is_cancelled: AtomicBool,
}

impl VerificationState {
    fn lock_json(&self) -> MutexGuard<'_, VerificationJson> {
        self.json.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one verification of a page.
#[derive(Clone, Default)]
pub(crate) struct VerificationSlot(Arc<VerificationState>);

impl VerificationSlot {
    /// A new verification, unless one runs.
    pub(crate) fn start_new(&self) -> Option<RunningVerification> {
        let mut json = self.0.lock_json();
        if json.running {
            return None;
        }
        (json.running, json.step) = (true, VerificationProgress::default());
        Some(RunningVerification(Arc::clone(&self.0)))
    }

    pub(crate) fn current_json(&self) -> VerificationJson {
        self.0.lock_json().clone()
    }

    /// Stops a running verification: the page has ended.
    pub(crate) fn cancel_running(&self) {
        self.0.is_cancelled.store(true, Ordering::SeqCst);
    }
}

/// A running verification. Dropped without a result it counts as stopped.
pub struct RunningVerification(Arc<VerificationState>);

impl std::fmt::Debug for RunningVerification {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RunningVerification(..)")
    }
}

impl RunningVerification {
    /// Reports the progress; false when the verification must stop.
    #[must_use]
    pub fn report_progress(&self, progress: VerificationProgress) -> bool {
        self.0.lock_json().step = progress;
        !self.0.is_cancelled.load(Ordering::SeqCst)
    }

    /// Ends the verification with a result. Texts are shortened and made printable.
    pub fn finish_with(self, result: VerificationResult) {
        let line = |text: &str| printable_text(text, MAX_LINE);
        let chains = result.chains.iter().take(MAX_FINDINGS);
        let findings = result.findings.into_iter().take(MAX_FINDINGS);
        let clean = VerificationResult {
            words: printable_text(&result.words, MAX_SUMMARY),
            place: line(&result.place),
            chains: chains.map(|chain| line(chain)).collect(),
            findings: findings
                .map(|finding| VerificationFinding {
                    name: line(&finding.name),
                    text: line(&finding.text),
                    ..finding
                })
                .collect(),
            ..result
        };
        self.0.lock_json().last = Some(clean);
    }
}

impl Drop for RunningVerification {
    fn drop(&mut self) {
        self.0.lock_json().running = false;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn result(findings: usize) -> VerificationResult {
        VerificationResult {
            verdict: VerificationVerdict::Incomplete,
            words: "INCOMPLETE\u{202e}".into(),
            place: "s3://bucket".into(),
            at: Timestamp::from_micros(1),
            objects: 2,
            bytes: 3,
            chains: Vec::new(),
            findings: vec![
                VerificationFinding {
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
    fn one_verification_at_a_time_and_its_result_stays() {
        let slot = VerificationSlot::default();
        let one = slot.start_new().unwrap();
        assert!(slot.start_new().is_none());
        assert!(one.report_progress(VerificationProgress {
            names: 7,
            ..VerificationProgress::default()
        }));
        assert_eq!(slot.current_json().step.names, 7);
        one.finish_with(result(MAX_FINDINGS + 9));
        let shown = slot.current_json();
        assert!(!shown.running);
        let last = shown.last.unwrap();
        assert_eq!((last.findings.len(), last.found), (MAX_FINDINGS, 109));
        assert_eq!(last.words, "INCOMPLETE·");
        assert_eq!(last.findings[0].name, "raw/v1/·x");
        // A dropped one frees the slot and keeps the last result.
        drop(slot.start_new().unwrap());
        let next = slot.start_new().unwrap();
        assert!(slot.current_json().last.is_some());
        slot.cancel_running();
        assert!(
            !next.report_progress(VerificationProgress::default()),
            "it goes on after the page has ended"
        );
    }
}
