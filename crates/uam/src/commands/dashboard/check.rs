//! The check that the page begins: `uam verify` by itself, on a thread of its own.

use crate::commands::{Home, verify};
use platform::clock::current_time_us;
use platform::timezone::current_zone_name;
use std::ops::ControlFlow;
use upload::verify::{VerifyProgress, VerifyReport, VerifyVerdict};
use web::{Checked, Checking, Finding};

/// Begins; what it finds is told to `checking`.
pub(super) fn begin(home: &Home, quick: bool, checking: Checking) -> anyhow::Result<()> {
    let home = home.again();
    std::thread::Builder::new()
        .name("uam-page-check".into())
        .spawn(move || run(&home, quick, checking))?;
    Ok(())
}

fn run(home: &Home, quick: bool, checking: Checking) {
    let mut names = 0;
    let found = verify::own(home, quick, &mut |step| {
        let told = match step {
            VerifyProgress::Listed(listed) => {
                names = listed;
                web::Step {
                    names,
                    ..web::Step::default()
                }
            }
            VerifyProgress::Followed {
                manifests,
                of,
                objects,
            } => web::Step {
                names,
                manifests,
                of,
                objects,
            },
        };
        match checking.step(told) {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    checking.done(match found {
        Ok(report) => told(report),
        Err(e) => Checked {
            verdict: web::Verdict::Failed,
            words: format!("There is no answer: {e:#}."),
            place: String::new(),
            at_us: current_time_us(),
            objects: 0,
            bytes: 0,
            chains: Vec::new(),
            findings: Vec::new(),
            found: 0,
        },
    });
}

fn told(report: VerifyReport) -> Checked {
    let zone = current_zone_name();
    let words = match report.verdict {
        VerifyVerdict::Complete if !report.contents_read => {
            "COMPLETE by names and sizes; contents were not read."
        }
        _ => verify::sentence(&report),
    };
    let lines = report
        .chains
        .iter()
        .flat_map(|c| verify::describe(c, &zone));
    Checked {
        verdict: match report.verdict {
            VerifyVerdict::Complete => web::Verdict::Complete,
            VerifyVerdict::Incomplete => web::Verdict::Incomplete,
            VerifyVerdict::Tampered => web::Verdict::Tampered,
        },
        words: words.to_owned(),
        at_us: current_time_us(),
        objects: report.objects,
        bytes: report.bytes,
        chains: lines.collect(),
        findings: report
            .findings
            .into_iter()
            .map(|finding| Finding {
                wrong: finding.fault.verdict() == VerifyVerdict::Tampered,
                name: finding.key,
                text: finding.text,
            })
            .collect(),
        found: report.found,
        place: report.place,
    }
}
