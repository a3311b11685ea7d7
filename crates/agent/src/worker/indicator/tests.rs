#![allow(clippy::unwrap_used)]

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_784_100_000);
const S: Duration = Duration::from_secs(1);

fn status(state: Coverage) -> AgentStatus {
    let json = serde_json::json!({
        "version": "0", "pid": 1, "data_dir": "/d", "zone": "Europe/Berlin", "state": state,
        "since_us": NOW - 100 * S, "protected": false,
        "window": { "app": "Editor", "exe": "", "title": "Quagga dossier" },
        "span_counts": model::Counts::default(), "today_counts": model::Counts::default(), "today": [],
        "last_durable_us": NOW - 3 * S, "outbox": { "records": 0, "shots": 0, "bytes": 0 },
        "destination": "/sent", "last_upload": null, "next_upload_us": null, "last_shot_us": null,
        "next_shot_us": null, "idle_us": null, "paused_until_us": null, "hours": null, "power": null,
        "missing": [],
    });
    serde_json::from_value(json).unwrap()
}

fn at(status: &AgentStatus, now: Timestamp, instant: Instant) -> IndicatorStatus {
    indicator_status(status, false, now, instant)
}

#[test]
fn each_state_has_its_sign() {
    let instant = Instant::now();
    for state in Coverage::ALL {
        let status = status(state);
        let sign = match state {
            Coverage::Active => IconState::Active,
            Coverage::Idle => IconState::Idle,
            Coverage::Paused => IconState::Paused,
            _ => IconState::NotRecording,
        };
        let found = at(&status, NOW, instant);
        assert_eq!(found.icon_state(), sign, "{state}");
        let recording = matches!(found.icon_state(), IconState::Active | IconState::Idle);
        assert_eq!(recording, status.is_recording(NOW), "{state}");
        assert!(!found.headline().contains("Quagga"), "{found:?}");
    }
}

#[test]
fn nothing_is_claimed_that_did_not_reach_the_disk() {
    let instant = Instant::now();
    let mut never = status(Coverage::Active);
    never.last_durable = None;
    let mut old = status(Coverage::Paused);
    old.last_durable = Some(NOW - 16 * S);
    for status in [&never, &old] {
        let found = at(status, NOW, instant);
        assert_eq!(found.icon_state(), IconState::NotRecording);
        assert!(found.headline().starts_with("NOT RECORDING"), "{found:?}");
    }
}

#[test]
fn what_is_shown_holds_as_long_as_the_last_write_is_fresh() {
    let instant = Instant::now();
    let fresh = at(&status(Coverage::Active), NOW, instant)
        .expiry()
        .cloned()
        .unwrap();
    assert_eq!(
        fresh.until,
        instant + Duration::from_secs(12),
        "written 3 s ago, fresh for 15 s"
    );
    assert_eq!(
        fresh.then,
        "NOT RECORDING: nothing has reached the disk since 09:19:57"
    );
    // The clock was set back: the write lies in the future by a little.
    let set_back = at(&status(Coverage::Active), NOW - 10 * S, instant);
    assert_eq!(
        set_back.expiry().unwrap().until,
        instant + Duration::from_secs(15)
    );
}

#[test]
fn a_headline_does_not_change_with_each_second() {
    let instant = Instant::now();
    let mut paused = status(Coverage::Paused);
    paused.paused_until = Some(NOW + 900 * S);
    for (status, text) in [
        (status(Coverage::Active), "recording · active"),
        (status(Coverage::Locked), "not recording · locked"),
        (paused, "paused, until 09:35:00"),
    ] {
        for later in [Duration::ZERO, 5 * S] {
            assert_eq!(at(&status, NOW + later, instant).headline(), text);
        }
    }
}

fn notice(code: NoticeCode) -> Notice {
    Notice {
        at: NOW,
        zone: "Europe/Berlin".to_owned(),
        code,
        text: "The very words.".to_owned(),
    }
}

#[test]
fn bubbles_are_as_many_as_wished() {
    use NoticeCode as Code;
    for (code, off, important, all) in [
        (Code::Started, false, true, true),
        (Code::Resumed, false, true, true),
        (Code::SensorLost, false, true, true),
        (Code::UploadStuck, false, true, true),
        (Code::DiskLow, false, true, true),
        (Code::SensorBack, false, false, true),
        (Code::Access, false, false, true),
        (Code::CodeAccepted, false, false, false),
    ] {
        let notice = notice(code);
        let found = [
            NotificationLevel::Off,
            NotificationLevel::Important,
            NotificationLevel::All,
        ]
        .map(|notify| notification_text(notify, &notice).is_some());
        assert_eq!(found, [off, important, all], "{code}");
    }
}

#[test]
fn what_may_name_what_was_looked_for_is_told_without_its_words() {
    use NoticeCode as Code;
    for code in [
        Code::Access,
        Code::Removed,
        Code::Erased,
        Code::Settings,
        Code::Keys,
    ] {
        let notice = notice(code);
        let text = notification_text(NotificationLevel::All, &notice).unwrap();
        assert!(!text.contains("very words"), "{code}: {text}");
    }
}
