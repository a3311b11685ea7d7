//! `kill -9` around the gate's state: a code that let somebody in never does so again.

use crate::kit::{STORED, code, founding};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use vault::{CodeVerdict, Factor, Vault};

/// How many processes are killed.
const KILLS: u64 = 1000;

/// Names the folder for the process that is to be killed; unset in an ordinary run of the tests.
const DIR: &str = "UAM_TEST_GATE_DIR";
const FROM: &str = "UAM_TEST_GATE_FROM";

/// Not a test by itself: the process that the next test kills. It types the code of one step after the other, and says
/// which were accepted.
#[test]
fn types_codes() {
    let Some(dir) = std::env::var_os(DIR).map(PathBuf::from) else {
        return;
    };
    let from: u64 = std::env::var(FROM).unwrap().parse().unwrap();
    let mut vault = Vault::open(&dir).unwrap();
    let door = vault.unlock_slot(&Factor::OsStore(STORED)).unwrap();
    let mut out = std::io::stdout();
    for step in from.. {
        let answer = vault.check_code(&door, &code(step), step * 30).unwrap();
        let said = match answer.verdict {
            CodeVerdict::Accepted => "accepted",
            CodeVerdict::Replayed => "replayed",
            other => panic!("{other:?}"),
        };
        writeln!(out, "\ngate {said} {step}").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn a_thousand_kills_and_no_code_works_twice() {
    let dir = TempDir::new().unwrap();
    Vault::create(dir.path(), founding(Factor::OsStore(STORED))).unwrap();
    let (mut accepted, mut step, mut kills) = (BTreeSet::new(), 10, 0);
    while kills < KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kills::types_codes", "--nocapture"])
            .env(DIR, dir.path())
            // The last code that was accepted, typed once more: the replay.
            .env(FROM, step.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Killed after a few codes, in the middle of whatever it is doing then.
        let wanted = kills % 4;
        let mut seen = 0;
        let mut note = |line: &str| {
            let mut words = line.split(' ');
            if words.next() != Some("gate") {
                return 0;
            }
            let (said, at) = (
                words.next().unwrap(),
                words.next().unwrap().parse().unwrap(),
            );
            if said == "accepted" {
                assert!(accepted.insert(at), "step {at} let somebody in twice");
                step = at;
            }
            1
        };
        while seen < wanted {
            seen += note(&lines.next().unwrap().unwrap());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // Its output before the end counts too.
        for line in lines.map_while(Result::ok) {
            note(&line);
        }
        kills += 1;
    }
    assert!(accepted.len() as u64 > KILLS / 2, "{}", accepted.len());
}
