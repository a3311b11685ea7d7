//! The verification that the page starts: `uam verify` on a thread of its own.

use crate::commands::verify;
use agent::AppContext;
use platform::clock::current_time;
use platform::timezone::current_zone_name;
use std::ops::ControlFlow;
use upload::verify::{VerifyProgress, VerifyReport, VerifyVerdict};
use web::{
    RunningVerification, VerificationFinding, VerificationProgress, VerificationResult,
    VerificationVerdict,
};

/// Starts the thread, which reports to `running`.
pub(super) fn start_verification(
    context: &AppContext,
    quick: bool,
    running: RunningVerification,
) -> anyhow::Result<()> {
    let context = context.clone();
    std::thread::Builder::new()
        .name("uam-page-check".into())
        .spawn(move || run_verification(&context, quick, running))?;
    Ok(())
}

fn run_verification(context: &AppContext, quick: bool, running: RunningVerification) {
    let mut progress = VerificationProgress::default();
    let report = verify::verify_own_uploads(context, quick, &mut |step| {
        match step {
            VerifyProgress::Listed(names) => {
                progress = VerificationProgress {
                    names,
                    ..VerificationProgress::default()
                };
            }
            VerifyProgress::Followed {
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
            words: format!("There is no result: {e:#}."),
            place: String::new(),
            at: current_time(),
            objects: 0,
            bytes: 0,
            chains: Vec::new(),
            findings: Vec::new(),
            found: 0,
        },
    });
}

fn verification_result(report: VerifyReport) -> VerificationResult {
    let zone = current_zone_name();
    let words = match report.verdict {
        VerifyVerdict::Complete if !report.contents_read => {
            "COMPLETE by names and sizes; contents were not read."
        }
        _ => verify::verdict_sentence(&report),
    };
    let chains = report
        .chains
        .iter()
        .flat_map(|chain| verify::describe_chain(chain, &zone))
        .collect();
    VerificationResult {
        verdict: match report.verdict {
            VerifyVerdict::Complete => VerificationVerdict::Complete,
            VerifyVerdict::Incomplete => VerificationVerdict::Incomplete,
            VerifyVerdict::Tampered => VerificationVerdict::Tampered,
        },
        words: words.to_owned(),
        at: current_time(),
        objects: report.objects,
        bytes: report.bytes,
        chains,
        findings: report
            .findings
            .into_iter()
            .map(|finding| VerificationFinding {
                wrong: finding.fault.verdict() == VerifyVerdict::Tampered,
                name: finding.key,
                text: finding.text,
            })
            .collect(),
        found: report.found,
        place: report.place,
    }
}
