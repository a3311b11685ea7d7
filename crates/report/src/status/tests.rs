#![allow(clippy::unwrap_used)]

use super::*;
use model::InputCounts;

const NOW: Timestamp = Timestamp::from_seconds(1_784_100_000);
const S: Duration = Duration::from_secs(1);

fn status() -> AgentStatus {
    AgentStatus {
        version: "0.1.0".into(),
        pid: 4711,
        data_dir: "/home/ada/.local/share/uam".into(),
        zone: "Europe/Berlin".into(),
        state: Coverage::Active,
        since: NOW - 125 * S,
        protected: false,
        window: Some(WindowInfo {
            app: "Editor".into(),
            exe: "/usr/bin/editor".into(),
            title: "main.rs\u{1b}[2J — uam".into(),
        }),
        span_counts: Counts {
            hardware: InputCounts {
                keys: 42,
                left: 1,
                ..InputCounts::default()
            },
            ..Counts::default()
        },
        today_counts: Counts {
            hardware: InputCounts {
                keys: 4210,
                left: 301,
                scroll: 88,
                ..InputCounts::default()
            },
            injected: InputCounts {
                keys: 12,
                ..InputCounts::default()
            },
        },
        today: vec![
            StateTotal {
                state: Coverage::Active,
                duration: Duration::from_secs(11_520),
            },
            StateTotal {
                state: Coverage::Idle,
                duration: Duration::from_secs(1_200),
            },
            StateTotal {
                state: Coverage::Off,
                duration: Duration::ZERO,
            },
        ],
        last_durable: Some(NOW - 3 * S),
        outbox: OutboxSummary {
            records: 12,
            shots: 1,
            bytes: 51_300,
        },
        destination: "s3://team-bucket/uam".into(),
        last_upload: Some(UploadAttempt {
            at: NOW - 100 * S,
            text: "42 records and 1 screenshot uploaded".into(),
            ok: true,
        }),
        next_upload: Some(NOW + 200 * S),
        last_screenshot: None,
        next_screenshot: Some(NOW + 90 * S),
        idle: Some(4 * S),
        paused_until: None,
        hours: None,
        power: Some(PowerState {
            percent: 81,
            discharging: true,
        }),
        disk: None,
        missing: vec![MissingSensor {
            concern: SensorKind::Session,
            why: Unsupported::new("no logind on this system", ""),
        }],
    }
}

#[test]
fn recording_follows_the_last_durable_write_never_intent() {
    let mut s = status();
    s.last_durable = Some(NOW - 15 * S);
    assert!(s.is_recording(NOW));
    s.last_durable = Some(NOW - 15 * S - Duration::from_micros(1));
    assert!(!s.is_recording(NOW));
    assert!(
        s.headline(NOW).starts_with("NOT RECORDING"),
        "{}",
        s.headline(NOW)
    );
    s.last_durable = Some(NOW + 3600 * S);
    assert!(
        !s.is_recording(NOW),
        "a stamp from the future proves nothing"
    );
    s.last_durable = None;
    assert!(!s.is_recording(NOW));
    s.last_durable = Some(NOW);
    s.state = Coverage::Paused;
    assert!(!s.is_recording(NOW));
}

#[test]
fn plain_lines() {
    insta::assert_snapshot!(status().format_lines(NOW).join("\n"));
}

#[test]
fn plain_lines_while_paused_protected_and_offline() {
    let mut s = status();
    s.state = Coverage::Paused;
    s.paused_until = Some(NOW + 600 * S);
    s.protected = true;
    s.window = None;
    s.last_upload = Some(UploadAttempt {
        at: NOW - 100 * S,
        text: "the sink does not answer; trying again".into(),
        ok: false,
    });
    insta::assert_snapshot!(s.format_lines(NOW).join("\n"));
}

#[test]
fn a_pause_says_until_when_and_why() {
    let mut s = status();
    s.state = Coverage::Paused;
    assert_eq!(s.headline(NOW), "paused for 2 min, until resumed");
    // It is 09:20 in Berlin, a Wednesday.
    s.paused_until = Some(NOW + 52_800 * S);
    assert_eq!(s.headline(NOW), "paused for 2 min, until tomorrow 00:00:00");
    s.hours = Some(ScheduleStatus {
        inside: false,
        next_change: Some(NOW + 4 * 86_400 * S),
        pausing: false,
    });
    assert_eq!(
        s.headline(NOW),
        "paused for 2 min, until tomorrow 00:00:00",
        "somebody's own pause comes first"
    );
    assert_eq!(s.hours_text(NOW).unwrap(), "begin Sun 09:20:00");
    s.paused_until = None;
    s.hours = s.hours.map(|h| ScheduleStatus { pausing: true, ..h });
    assert_eq!(
        s.headline(NOW),
        "paused for 2 min, outside the recording hours until Sun 09:20:00"
    );
    s.state = Coverage::Active;
    s.hours = Some(ScheduleStatus {
        inside: true,
        next_change: Some(NOW + 3_600 * S),
        pausing: false,
    });
    let lines = s.format_lines(NOW).join("\n");
    assert!(
        lines.contains("  hours           until 10:20:00\n"),
        "{lines}"
    );
}

#[test]
fn a_steady_headline_does_not_count_the_time() {
    let mut s = status();
    let both = |s: &AgentStatus| [NOW, NOW + 5 * S].map(|now| s.steady_headline(now));
    assert_eq!(both(&s), ["recording · active"; 2]);
    s.state = Coverage::Paused;
    assert_eq!(both(&s), ["paused, until resumed"; 2]);
    s.state = Coverage::Locked;
    assert_eq!(both(&s), ["not recording · locked"; 2]);
    s.last_durable = None;
    let never = "NOT RECORDING: nothing has reached the disk yet";
    assert_eq!(both(&s), [never; 2]);
}

#[test]
fn json_is_stable_and_reads_back() {
    let json = crate::to_json(&status()).unwrap();
    assert_eq!(
        serde_json::from_str::<AgentStatus>(&json).unwrap(),
        status()
    );
    insta::assert_snapshot!(json);
}

#[test]
fn a_disk_below_its_floor_says_what_it_costs() {
    let mut status = status();
    status.disk = Some(DiskStatus {
        free: 812_000_000,
        floor: 1_000_000_000,
        stopped: false,
    });
    let lines = status.format_lines(NOW);
    let expected = "  disk            812.0 MB left, the reserve is 1.0 GB: no screenshots until there is space";
    assert!(lines.iter().any(|l| l == expected), "{lines:#?}");
    assert!(status.headline(NOW).starts_with("recording"));
    status.state = Coverage::NotRecorded;
    status.disk = Some(DiskStatus {
        free: 80_000_000,
        floor: 1_000_000_000,
        stopped: true,
    });
    assert_eq!(
        status.headline(NOW),
        "NOT RECORDING: the disk is full, for 2 min"
    );
}
