#![allow(clippy::unwrap_used)]

use super::*;
use crate::format::display_width;
use crate::{AppTotal, DayNotice, DayScreenshot, DayTotals, WindowTotal};
use model::{Counts, InputCounts, NoticeCode};

/// A usage of so many seconds and keys.
fn usage(active_s: u64, idle_s: u64, keys: u64, injected: u64) -> Usage {
    Usage {
        active: Duration::from_secs(active_s),
        idle: Duration::from_secs(idle_s),
        counts: Counts {
            hardware: InputCounts {
                keys,
                left: keys / 10,
                scroll: keys / 20,
                seconds: keys / 3,
                ..InputCounts::default()
            },
            injected: InputCounts {
                keys: injected,
                ..InputCounts::default()
            },
        },
    }
}

/// A day with everything in it, hostile titles included.
pub(crate) fn sample() -> DayReport {
    let app = |app: &str, titles: &[(&str, Usage)]| AppTotal {
        app: app.into(),
        exe: format!("/usr/bin/{}", app.to_lowercase()),
        usage: titles.iter().fold(Usage::default(), |mut sum, (_, u)| {
            sum += u;
            sum
        }),
        windows: titles
            .iter()
            .map(|(title, usage)| WindowTotal {
                title: (*title).into(),
                usage: *usage,
            })
            .collect(),
    };
    let apps = vec![
        app(
            "Editor",
            &[
                ("main.rs — uam", usage(7200, 120, 4210, 0)),
                ("日本語の題名がとても長い書類の名前", usage(601, 0, 99, 12)),
            ],
        ),
        app(
            "Browser",
            &[
                ("=HYPERLINK(evil)", usage(60, 0, 3, 0)),
                ("\u{1b}[31mred\u{202e}gpj.exe\n", usage(30, 0, 0, 0)),
                ("", usage(1, 0, 0, 0)),
            ],
        ),
    ];
    let protected = usage(300, 0, 20, 0);
    let mut counts = protected.counts;
    apps.iter().for_each(|a| counts += a.usage.counts);
    let states = Coverage::ALL
        .into_iter()
        .zip([8192, 120, 900, 0, 60, 0, 0, 30_000])
        .map(|(state, s)| StateTotal {
            state,
            duration: Duration::from_secs(s),
        })
        .collect();
    DayReport {
        day: jiff::civil::date(2026, 7, 15),
        zone: "Europe/Berlin".into(),
        from: Some(Timestamp::from_seconds(1_784_066_400)),
        to: Some(Timestamp::from_seconds(1_784_105_672)),
        length: Duration::from_secs(39_272),
        states,
        counts,
        apps,
        protected,
        redacted: Usage::default(),
        unnamed: Usage::default(),
        categories: Vec::new(),
        projects: Vec::new(),
        activity: Vec::new(),
        shots: vec![DayScreenshot {
            seq: 17,
            at: Timestamp::from_seconds(1_784_100_000),
            zone: "Europe/Berlin".into(),
            app: "Editor".into(),
            title: "main.rs — uam".into(),
            width: 1280,
            height: 720,
            bytes: 48_200,
            media: "image/webp".into(),
            blurred: true,
            redacted: false,
            sha256: "ab".repeat(32),
        }],
        damaged: vec![40, 41],
        notices: vec![DayNotice {
            seq: 1,
            at: Timestamp::from_seconds(1_784_096_400),
            zone: "Europe/Berlin".into(),
            code: NoticeCode::Started,
            text: "Recording began.".into(),
        }],
    }
}

#[test]
fn a_day_at_80_columns() {
    insta::assert_snapshot!(render_day_table(&sample(), 80));
}

#[test]
fn a_day_with_its_meaning_at_80_columns() {
    let mut report = sample();
    let project = crate::rules::ClassificationRule {
        name: "uam".into(),
        app: None,
        title: Some("uam$".into()),
    };
    let meaning = crate::ClassificationRules::new(&[], true, &[project]).unwrap();
    crate::Classifier::new(&meaning).classify_day(&mut report);
    report.activity = (0..9)
        .map(|n| crate::ActivityBucket {
            start: Timestamp::from_seconds(1_784_070_000) + n * TEN_MINUTES,
            active: n * Duration::from_secs(75),
            ..crate::ActivityBucket::default()
        })
        .collect();
    let text = render_day_table(&report, 80);
    assert!(text.lines().all(|line| display_width(line) <= 80));
    insta::assert_snapshot!(text);
}

#[test]
fn no_line_is_wider_than_asked() {
    for width in [60, 80, 133, 160] {
        for line in render_day_table(&sample(), width).lines() {
            assert!(display_width(line) <= width, "{width}: {line}");
            assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
}

#[test]
fn an_empty_day_says_so() {
    let report = crate::build_day_report(
        &[],
        &[],
        (
            crate::ViewOptions::default(),
            jiff::civil::date(2026, 7, 15),
        ),
        crate::Extent {
            began: Timestamp::UNIX_EPOCH,
            now: Timestamp::UNIX_EPOCH,
        },
        "UTC",
    );
    assert!(render_day_table(&report, 80).contains("Nothing was recorded"));
}

#[test]
fn json_keeps_raw_text_and_reads_back() {
    let json = crate::to_json(&sample()).unwrap();
    let back: DayReport = serde_json::from_str(&json).unwrap();
    assert_eq!(back, sample());
    insta::assert_snapshot!(json);
}

/// Three days, one of which nothing is known.
pub(crate) fn three_days() -> DaysReport {
    let day = sample();
    let usages = day.apps.iter().map(|a| NamedUsage {
        name: a.app.clone(),
        usage: a.usage,
    });
    let totals = DayTotals {
        day: day.day,
        length: day.length,
        states: day.states.clone(),
        counts: day.counts,
        apps: usages.collect(),
        protected: day.protected,
        redacted: day.redacted,
        unnamed: day.unnamed,
        categories: Vec::new(),
        projects: Vec::new(),
    };
    let mut second = totals.clone();
    second.day = jiff::civil::date(2026, 7, 17);
    second.apps.reverse();
    let nothing = DayTotals {
        day: jiff::civil::date(2026, 7, 16),
        length: Duration::ZERO,
        states: Vec::new(),
        counts: Counts::default(),
        apps: Vec::new(),
        protected: Usage::default(),
        redacted: Usage::default(),
        unnamed: Usage::default(),
        categories: Vec::new(),
        projects: Vec::new(),
    };
    DaysReport {
        days: vec![totals, nothing, second],
        damaged: vec![40],
    }
}

#[test]
fn many_days_are_one_line_each_and_a_sum() {
    let text = render_days_table(&three_days(), 80);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "day               active      idle     other    keys  clicks  most used",
            "Wed 2026-07-15   2:16:32   0:02:00   0:16:00    4344     432  2:12:01  Editor",
            "Fri 2026-07-17   2:16:32   0:02:00   0:16:00    4344     432  0:01:31  Browser",
            "total            4:33:04   0:04:00   0:32:00    8688     864  4:24:02  Editor",
            "",
            "  1 record in this time cannot be read any more",
        ]
    );
    for line in render_days_table(&three_days(), 60).lines() {
        assert!(display_width(line) <= 60, "{line}");
    }
}
