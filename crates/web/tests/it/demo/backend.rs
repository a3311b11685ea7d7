//! A backend that reads such a journal, and the status of an agent.

use super::journal::{ZONE, hostile_titles};
use journal::{Journal, JournalKeys, Reader, RedactionTarget};
use model::{Counts, Coverage, InputCounts, Timestamp, WindowInfo};
use report::rules::ClassificationRule;
use report::{AgentStatus, ClassificationRules, DayStart};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use web::{
    AgentMonitor, Backend, BackendError, ReportConfig, RunningVerification, SettingRow,
    TypedFactors, UploadedObjectRow, VerificationFinding, VerificationProgress, VerificationResult,
    VerificationVerdict,
};

/// The code that this backend accepts.
pub(crate) const CODE: &str = "123456";

/// Observes and steers a backend from outside.
#[derive(Clone, Default)]
pub(crate) struct BackendProbe {
    pub(crate) purposes: Arc<Mutex<Vec<String>>>,
    pub(crate) locked: Arc<AtomicBool>,
    /// True: a verification may finish.
    pub(crate) gate: Arc<AtomicBool>,
    /// True: a verification received the order to stop.
    pub(crate) stopped: Arc<AtomicBool>,
    asked: Arc<AtomicU64>,
}

impl BackendProbe {
    pub(crate) fn purposes(&self) -> Vec<String> {
        self.purposes.lock().expect("nobody panicked").clone()
    }
}

pub(crate) struct DemoBackend {
    pub(crate) dir: PathBuf,
    pub(crate) keys: JournalKeys,
    pub(crate) reader: Option<Reader>,
    pub(crate) probe: BackendProbe,
    /// When days start.
    pub(crate) starts: &'static str,
}

/// Rules on applications and titles, one of them with a hostile name.
fn demo_rules() -> ClassificationRules {
    let rule = |name: &str, app: Option<&str>, title: Option<&str>| ClassificationRule {
        name: name.to_owned(),
        app: app.map(str::to_owned),
        title: title.map(str::to_owned),
    };
    let categories = [
        rule("railway", None, Some("northern line|#timetable")),
        rule("<b>odd</b>\u{202e} \u{1b}category", Some("^odd"), None),
    ];
    let projects = [
        rule(
            "northern line",
            None,
            Some("planner|northern line|timetable"),
        ),
        rule("bookkeeping", None, Some("figures|inbox")),
    ];
    ClassificationRules::new(&categories, true, &projects).expect("good rules")
}

/// A verification with findings whose names come from a hostile bucket.
fn verification_result(quick: bool) -> VerificationResult {
    let mut findings = vec![
        VerificationFinding {
            wrong: false,
            name: "raw/v1/kind=shot/sh=3f/dt=2026-11-25/dev=0101/1790000000-7-9f86d081884c7d65.age"
                .into(),
            text: "a manifest lists it, and it is not there".into(),
        },
        VerificationFinding {
            wrong: true,
            name: format!("raw/v1/{}", hostile_titles().remove(0)),
            text: "uam never uses such a name".into(),
        },
    ];
    if quick {
        findings.clear();
    }
    VerificationResult {
        verdict: if quick {
            VerificationVerdict::Complete
        } else {
            VerificationVerdict::Tampered
        },
        words: match quick {
            true => "COMPLETE by names and sizes; contents were not read.".into(),
            false => "TAMPERED: an object differs from the uploaded one.".into(),
        },
        place: "s3://example-bucket/uam".into(),
        at: Timestamp::from_micros(jiff::Timestamp::now().as_microsecond()),
        objects: 40,
        bytes: 1_234_567,
        chains: vec![
            "Device 0101, journal 1790000000: 8 manifests, the newest (no. 8) of 25 November"
                .into(),
            "  records up to 4711, in 31 listed objects (1.2 MB)".into(),
        ],
        found: findings.len() as u64,
        findings,
    }
}

impl Backend for DemoBackend {
    fn open_reader(&mut self, what: &str) -> Result<&Reader, BackendError> {
        if self.probe.locked.load(Ordering::SeqCst) {
            return Err(BackendError::Locked);
        }
        self.probe
            .purposes
            .lock()
            .expect("nobody panicked")
            .push(what.to_owned());
        if self.reader.is_none() {
            let opened = Reader::open(&self.dir, self.keys.opener.clone());
            self.reader = Some(opened.map_err(|e| BackendError::Failed(e.to_string()))?);
        }
        Ok(self.reader.as_ref().expect("just opened"))
    }

    fn report_config(&mut self) -> Result<ReportConfig, BackendError> {
        Ok(ReportConfig {
            starts: DayStart::parse(self.starts).expect("a time of day"),
            meaning: Arc::new(demo_rules()),
            version: "0.1.0",
        })
    }

    fn start_verification(
        &mut self,
        quick: bool,
        running: RunningVerification,
    ) -> Result<(), BackendError> {
        let probe = self.probe.clone();
        std::thread::spawn(move || {
            let mut progress = VerificationProgress {
                names: 40,
                of: 8,
                ..VerificationProgress::default()
            };
            // Until its test has seen that it runs; an ended page stops it.
            while !probe.gate.load(Ordering::SeqCst) {
                if !running.report_progress(progress) {
                    probe.stopped.store(true, Ordering::SeqCst);
                    return;
                }
                progress.manifests = (progress.manifests + 1) % 8;
                std::thread::park_timeout(Duration::from_millis(5));
            }
            running.finish_with(verification_result(quick));
        });
        Ok(())
    }

    fn list_uploads(&mut self, limit: usize) -> Result<Vec<UploadedObjectRow>, BackendError> {
        self.open_reader("the uploaded objects")?;
        let object = |n: u64| UploadedObjectRow {
            name: format!(
                "raw/v1/kind=activity/sh=3f/dt=2026-11-25/dev=0101/1790000000-{n}-9f86d081884c7d65.jsonl.zst.age"
            ),
            kind: if n.is_multiple_of(3) {
                "shot"
            } else {
                "activity"
            },
            records: 1 + n * 7 % 90,
            bytes: 900 + n * 12_345,
            sent_at: (n > 0).then_some(Timestamp::from_seconds(
                1_790_000_000 - i64::try_from(n).unwrap_or(0) * 300,
            )),
            certain: n > 0,
            sealed: n % 4 != 3,
        };
        Ok((0..14).map(object).take(limit).collect())
    }

    fn list_settings(&mut self) -> Result<Vec<SettingRow>, BackendError> {
        let one = |key: &str, value: &str, meaning: &str| SettingRow {
            key: key.into(),
            value: value.into(),
            meaning: meaning.into(),
        };
        Ok(vec![
            one(
                "record.idle_seconds",
                "300",
                "Seconds without input after which time counts as idle.",
            ),
            one(
                "shots.blur",
                "true",
                "Are they made unreadable before they are kept?",
            ),
            one("upload.destination", "not set", "Where records are sent."),
            one(
                "exclude.rules",
                "[{ title = \"<b>x</b>\" }]",
                "Further windows that are never named.",
            ),
        ])
    }

    fn verify_factors(&mut self, factors: &TypedFactors) -> Result<(), BackendError> {
        match *factors.code == *CODE {
            true => Ok(()),
            false => Err(BackendError::Denied("that is not the code".into())),
        }
    }

    fn delete_screenshot(
        &mut self,
        seq: u64,
        factors: &TypedFactors,
    ) -> Result<String, BackendError> {
        self.verify_factors(factors)?;
        self.reader = None;
        let now = jiff::Timestamp::now().as_microsecond();
        let (mut journal, _) =
            Journal::open(&self.dir, self.keys.clone(), Timestamp::from_micros(now))
                .map_err(|e| BackendError::Failed(e.to_string()))?;
        let done = journal
            .redact(&RedactionTarget::Shot(seq), Timestamp::from_micros(now))
            .map_err(|e| BackendError::Failed(e.to_string()))?;
        Ok(format!("Deleted: {} screenshot.", done.shots))
    }

    fn needs_passphrase(&mut self) -> bool {
        false
    }
}

pub(crate) struct DemoMonitor(pub(crate) BackendProbe);

impl AgentMonitor for DemoMonitor {
    fn agent_status(&self) -> Option<AgentStatus> {
        let n = self.0.asked.fetch_add(1, Ordering::SeqCst);
        let now = Timestamp::from_micros(jiff::Timestamp::now().as_microsecond());
        let typed = |keys: u64| Counts {
            hardware: InputCounts {
                keys,
                left: keys / 9,
                ..InputCounts::default()
            },
            ..Counts::default()
        };
        Some(AgentStatus {
            disk: None,
            version: "0.1.0".into(),
            pid: 1,
            data_dir: String::new(),
            zone: ZONE.into(),
            state: Coverage::Active,
            since: now - Duration::from_secs(42),
            protected: false,
            window: Some(WindowInfo {
                app: "Code".into(),
                exe: String::new(),
                title: hostile_titles().remove(0),
            }),
            span_counts: typed(7),
            today_counts: typed(12_000 + n),
            today: Coverage::ALL
                .into_iter()
                .zip([20_000, 1_900, 5_400, 30_000, 0, 0, 0, 7_000])
                .map(|(state, s)| report::StateTotal {
                    state,
                    duration: Duration::from_secs(s),
                })
                .collect(),
            last_durable: Some(now),
            outbox: report::OutboxSummary {
                records: 12,
                shots: 1,
                bytes: 34_000,
            },
            destination: "s3://example-bucket/uam".into(),
            last_upload: Some(report::UploadAttempt {
                at: now - Duration::from_secs(90),
                text: "sent 3 objects".into(),
                ok: true,
            }),
            next_upload: Some(now + Duration::from_secs(210)),
            last_screenshot: None,
            next_screenshot: None,
            idle: None,
            paused_until: None,
            hours: None,
            power: None,
            missing: Vec::new(),
        })
    }

    fn is_unlocked(&self) -> bool {
        !self.0.locked.load(Ordering::SeqCst)
    }
}
