//! Which tests run under Wine, and why the others do not.

/// The crates whose tests run under Wine.
const TESTED: &[&str] = &[
    "model",
    "platform",
    "recorder",
    "sense",
    "screenshots",
    "vault",
    "journal",
    "report",
    // Another crate of this name is among the dependencies.
    "console@0.1.0",
    "upload",
    "web",
    "indicator",
    "protocol",
    "settings",
    "agent",
    "uam",
];

/// The crates whose tests do not, each with the reason.
#[cfg(test)]
const LEFT_OUT: &[(&str, &str)] = &[
    ("bench", "measures a Linux desktop; never shipped"),
    (
        "fault-lab",
        "breaks Linux processes, disks and mounts; never shipped",
    ),
    ("lab", "the test kit for X11 and S3; never shipped"),
    ("xtask", "runs on Linux, with apt-get and Wine itself"),
];

/// Tests of a tested crate that cannot run under Wine.
pub(super) struct ExcludedTests {
    /// Their crate.
    pub(super) package: &'static str,
    /// Parts of their names.
    pub(super) tests: &'static [&'static str],
    /// The reason.
    pub(super) why: &'static str,
}

/// All of them.
pub(super) const TESTS_LEFT_OUT: &[ExcludedTests] = &[
    ExcludedTests {
        package: "screenshots",
        tests: &["changes::", "ocr::", "privacy::", "quality::"],
        why: "ImageMagick draws their screens and Tesseract reads them, both programs of this system",
    },
    ExcludedTests {
        package: "upload",
        tests: &[
            "destinations::a_directory_nobody_asked_for_says_why",
            "destinations::bad_ones",
            "destinations::good_ones",
        ],
        why: "their folders are named as on Linux; those of Windows have a test of their own",
    },
    ExcludedTests {
        package: "console",
        tests: &[
            "split_screen::tests::another_size_redraws_the_last_lines",
            "split_screen::tests::no_size_is_too_small",
        ],
        why: "they need a console, which Wine gives to programs in a terminal only",
    },
];

/// Cargo's words for the tested crates.
pub(super) fn tested_packages<'a>() -> impl Iterator<Item = &'a str> {
    TESTED.iter().flat_map(|name| ["-p", name])
}

/// Nextest's expression for all tests but those left out.
pub(super) fn test_filter() -> String {
    let left_out: Vec<String> = TESTS_LEFT_OUT
        .iter()
        .map(|ExcludedTests { package, tests, .. }| {
            let tests: Vec<String> = tests.iter().map(|name| format!("test({name})")).collect();
            format!("package({package}) & ({})", tests.join(" | "))
        })
        .collect();
    format!("not ({})", left_out.join(" | "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::build;

    #[test]
    fn each_crate_is_tested_or_left_out_for_a_reason() {
        let mut known: Vec<&str> = TESTED
            .iter()
            .map(|name| name.split('@').next().unwrap())
            .chain(LEFT_OUT.iter().map(|(name, reason)| {
                assert!(!reason.is_empty());
                *name
            }))
            .collect();
        known.sort_unstable();
        let mut there: Vec<String> = ["crates", "tools"]
            .into_iter()
            .flat_map(|folder| std::fs::read_dir(build::repository_root().join(folder)).unwrap())
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort_unstable();
        assert_eq!(known, there);
    }

    #[test]
    fn a_test_is_left_out_of_its_own_crate_only() {
        let wanted = test_filter();
        assert!(
            wanted.starts_with("not (package(screenshots) & (test(changes::) | test(ocr::) | "),
            "{wanted}"
        );
    }

    #[test]
    fn a_real_windows_runs_the_same_tests() {
        let workflow = build::repository_root().join(".github/workflows/ci.yml");
        let text = std::fs::read_to_string(workflow).unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        for (name, _) in LEFT_OUT {
            assert!(text.contains(&format!("--exclude {name} ")), "{name}");
        }
        let filter = format!("--filterset '{}'", test_filter());
        assert!(text.contains(&filter), "ci.yml needs: {filter}");
    }
}
