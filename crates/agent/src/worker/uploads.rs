//! The upload thread's runs, as the record and the status show them.

use super::effect::{Effect, Effects};
use super::queue::{AgentQueue, UploadRun};
use super::upload_thread::{UploadProcessSetup, UploadThread};
use model::{Moment, NoticeCode, Timestamp};
use report::UploadAttempt;
use std::time::Duration;

/// The runs of `uam upload`.
pub(super) struct Uploads {
    thread: Option<UploadThread>,
    last_run: Option<UploadAttempt>,
    /// When the next one is due.
    next_at: Option<Timestamp>,
    /// Somebody has to do something before an upload can succeed.
    is_stuck: bool,
    /// For people.
    destination: String,
}

impl Uploads {
    /// Starts the upload thread, which uploads at once.
    pub(super) fn start(
        setup: UploadProcessSetup,
        destination: String,
        queue: AgentQueue,
    ) -> std::io::Result<Self> {
        let thread = UploadThread::start(setup, queue)?;
        Ok(Self {
            thread: Some(thread),
            ..Self::new(destination)
        })
    }

    fn new(destination: String) -> Self {
        Self {
            thread: None,
            last_run: None,
            next_at: None,
            is_stuck: false,
            destination,
        }
    }

    /// An upload has ended.
    pub(super) fn record_run(&mut self, run: &UploadRun, now: Moment) -> Effects {
        self.next_at = Some(now.utc + run.next_in);
        let attempt = match &run.result {
            Ok(summary) => summary.to_status(now.utc, &self.destination),
            Err(why) => UploadAttempt {
                at: now.utc,
                text: why.clone(),
                ok: false,
            },
        };
        let summary = run.result.as_ref().ok();
        let problem = summary.and_then(|s| s.error.as_ref());
        let mut effects = Effects::new();
        if problem.is_some_and(|p| p.permanent) && !self.is_stuck {
            self.is_stuck = true;
            effects.push(Effect::notice(
                NoticeCode::UploadStuck,
                attempt.text.clone(),
            ));
        } else if attempt.ok && self.is_stuck {
            self.is_stuck = false;
            let text = "Uploading works again.".to_owned();
            effects.push(Effect::notice(NoticeCode::UploadBack, text));
        }
        if problem.is_some_and(|p| p.damaged) {
            effects.push(Effect::CheckJournal);
        }
        if let Some(text) = summary.and_then(|s| s.retention.clone()) {
            effects.push(Effect::notice(NoticeCode::Retention, text));
        }
        effects.push(Effect::LogUpload(attempt.clone()));
        self.last_run = Some(attempt);
        effects
    }

    pub(super) fn last_run(&self) -> Option<&UploadAttempt> {
        self.last_run.as_ref()
    }

    /// When the next one is due.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.next_at
    }

    pub(super) fn destination(&self) -> &str {
        &self.destination
    }

    /// One last upload for at most `limit`; the last words about it.
    pub(super) fn finish(mut self, limit: Duration, now: Moment) -> Vec<String> {
        let Some(thread) = self.thread.take() else {
            return Vec::new();
        };
        match thread.finish(limit).map(|run| run.result) {
            Some(Ok(summary)) => {
                let sent = summary.to_status(now.utc, &self.destination).text;
                std::iter::once(sent)
                    .chain(summary.describe_hold())
                    .collect()
            }
            Some(Err(why)) => vec![format!(
                "Not uploaded now: {why}. uam tries again at the next start."
            )],
            None => vec![
                "Not everything could be uploaded in time; the rest is uploaded at the next start."
                    .to_owned(),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::effect::describe_effects;
    use super::*;
    use crate::uploader::{UploadProblem, UploadSummary};

    const NOW: Moment = Moment {
        utc: Timestamp::from_seconds(1),
        boot: Duration::ZERO,
        awake: Duration::ZERO,
    };

    fn run(error: Option<UploadProblem>, retention: Option<&str>) -> UploadRun {
        UploadRun {
            result: Ok(UploadSummary {
                error,
                retention: retention.map(str::to_owned),
                ..UploadSummary::default()
            }),
            next_in: Duration::from_secs(300),
        }
    }

    #[test]
    fn a_permanent_problem_is_in_the_record_once_and_its_end_too() {
        let problem = |damaged| UploadProblem {
            permanent: true,
            text: "no key".to_owned(),
            hint: String::new(),
            retry_after_s: None,
            damaged,
        };
        let mut uploads = Uploads::new("s3://team/uam".to_owned());
        let mut record = |run: &UploadRun| describe_effects(&uploads.record_run(run, NOW));
        assert_eq!(
            record(&run(Some(problem(true)), Some("Old ones went."))),
            [
                "notice UploadStuck",
                "CheckJournal",
                "notice Retention",
                "log upload false"
            ]
        );
        assert_eq!(
            record(&run(Some(problem(false)), None)),
            ["log upload false"]
        );
        let lost = UploadRun {
            result: Err("the upload process was lost".to_owned()),
            next_in: Duration::ZERO,
        };
        assert_eq!(record(&lost), ["log upload false"]);
        assert_eq!(
            record(&run(None, None)),
            ["notice UploadBack", "log upload true"]
        );
        assert_eq!(record(&run(None, None)), ["log upload true"]);
        assert_eq!(uploads.next_at(), Some(Timestamp::from_seconds(301)));
        assert!(uploads.last_run().is_some_and(|last| last.ok));
    }
}
