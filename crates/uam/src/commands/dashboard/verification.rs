//! The verification that the page starts: `uam verify` on a thread of its own.

use crate::commands::{Home, verify};
use crate::{start, time};
use std::ops::ControlFlow;
use upload::verify::{Report, Step, Verdict};
use web::{
    RunningVerification, VerificationFinding, VerificationProgress, VerificationResult,
    VerificationVerdict,
};

/// Starts the thread, which reports to `running`.
pub(super) fn start_verification(
    home: &Home,
    quick: bool,
    running: RunningVerification,
) -> anyhow::Result<()> {
    let home = home.again();
    std::thread::Builder::new()
        .name("uam-page-check".into())
        .spawn(move || run_verification(&home, quick, running))?;
    Ok(())
}

fn run_verification(home: &Home, quick: bool, running: RunningVerification) {
    let mut progress = VerificationProgress::default();
    let report = verify::own(home, quick, &mut |step| {
        match step {
            Step::Listed(names) => {
                progress = VerificationProgress {
                    names,
                    ..VerificationProgress::default()
                };
            }
            Step::Followed {
                manifests,
                of,
                objects,
            } => {
                progress = VerificationProgress {
                    names: progress.names,
                    manifests,
                    of,
                    objects,
                };
            }
        }
        match running.report_progress(progress) {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    running.finish_with(match report {
        Ok(report) => verification_result(report),
        Err(e) => VerificationResult {
            verdict: VerificationVerdict::Failed,
            words: format!("There is no answer: {e:#}."),
            place: String::new(),
            at_us: start::now_us(),
            objects: 0,
            bytes: 0,
            chains: Vec::new(),
            findings: Vec::new(),
            found: 0,
        },
    });
}

fn verification_result(report: Report) -> VerificationResult {
    let zone = time::zone_name();
    let words = match report.verdict {
        Verdict::Complete if !report.contents_read => {
            "COMPLETE by names and sizes; contents were not read."
        }
        _ => verify::sentence(&report),
    };
    let chains = report
        .chains
        .iter()
        .flat_map(|chain| verify::describe(chain, &zone))
        .collect();
    VerificationResult {
        verdict: match report.verdict {
            Verdict::Complete => VerificationVerdict::Complete,
            Verdict::Incomplete => VerificationVerdict::Incomplete,
            Verdict::Tampered => VerificationVerdict::Tampered,
        },
        words: words.to_owned(),
        at_us: start::now_us(),
        objects: report.objects,
        bytes: report.bytes,
        chains,
        findings: report
            .findings
            .into_iter()
            .map(|finding| VerificationFinding {
                wrong: finding.fault.verdict() == Verdict::Tampered,
                name: finding.key,
                text: finding.text,
            })
            .collect(),
        found: report.found,
        place: report.place,
    }
}
