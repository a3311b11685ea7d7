//! What can be recorded at all, field by field. Whoever adds a field meets this list, and has to think about whether it
//! could hold what was typed: nothing that comes from a key may be more than a number of presses.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use model::{
    ActiveWindow, Counts, Coverage, DeviceId, InputCounts, Moment, Notice, NoticeCode, PowerState,
    RECORD_SCHEMA, Record, RecordLineRef, Screenshot, SensorEvent, SensorKind, Span, TimedEvent,
    Timestamp, WindowHandle, WindowInfo,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// Everything set, so that nothing is left out of the JSON.
fn counts() -> Counts {
    let some = InputCounts {
        keys: 1,
        left: 1,
        middle: 1,
        right: 1,
        other: 1,
        scroll: 1,
        seconds: 1,
    };
    Counts {
        hardware: some,
        injected: some,
    }
}

fn window() -> WindowInfo {
    WindowInfo {
        app: "a".into(),
        exe: "e".into(),
        title: "t".into(),
    }
}

fn records() -> [Record; 3] {
    [
        Record::Span(Span {
            start: Timestamp::from_micros(1),
            duration: Duration::from_micros(1),
            zone: "UTC".into(),
            state: Coverage::Active,
            protected: true,
            window: Some(window().into()),
            counts: counts(),
            redacted: true,
        }),
        Record::Shot(Screenshot {
            at: Timestamp::from_micros(1),
            zone: "UTC".into(),
            sha256: "0".into(),
            bytes: 1,
            media: "image/webp".into(),
            width: 1,
            height: 1,
            screen_width: 1,
            screen_height: 1,
            blurred: true,
            redacted: true,
            window: Some(window().into()),
        }),
        Record::Notice(Notice {
            at: Timestamp::from_micros(1),
            zone: "UTC".into(),
            code: NoticeCode::Started,
            text: "x".into(),
        }),
    ]
}

/// `name: kind of value` of every field, nested ones with their path.
fn fields(value: &Value, path: &str, out: &mut BTreeSet<String>) {
    let kind = match value {
        Value::Object(map) => {
            for (name, value) in map {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                fields(value, &path, out);
            }
            return;
        }
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Bool(_) => "yes or no",
        Value::Array(_) => "list",
        Value::Null => "nothing",
    };
    out.insert(format!("{path}: {kind}"));
}

#[test]
fn a_record_has_these_fields_and_no_others() {
    let device = DeviceId::from_bytes([1; 16]);
    let mut found = BTreeSet::new();
    for record in &records() {
        let line = RecordLineRef {
            schema: RECORD_SCHEMA,
            device_id: &device,
            seq: 1,
            record,
        };
        fields(&serde_json::to_value(line).unwrap(), "", &mut found);
    }
    let mut allowed: BTreeSet<String> = [
        "schema: number",
        "device_id: text",
        "seq: number",
        "kind: text",
        "start: number",
        "zone: text",
        // Spans.
        "dur_us: number",
        "state: text",
        "protected: yes or no",
        "removed: yes or no",
        "window.app: text",
        "window.exe: text",
        "window.title: text",
        // Screenshots.
        "sha256: text",
        "bytes: number",
        "media: text",
        "width: number",
        "height: number",
        "screen_width: number",
        "screen_height: number",
        "blurred: yes or no",
        // Notices.
        "code: text",
        "text: text",
    ]
    .map(str::to_owned)
    .into();
    for source in ["hardware", "injected"] {
        for count in [
            "keys", "left", "middle", "right", "other", "scroll", "seconds",
        ] {
            allowed.insert(format!("counts.{source}.{count}: number"));
        }
    }
    assert_eq!(found, allowed);
}

/// The same for what sensors tell: of input, numbers and nothing else.
#[test]
fn a_sensor_tells_numbers_of_presses_and_no_more() {
    let at = Moment {
        utc: Timestamp::from_micros(1),
        boot: Duration::from_micros(1),
        awake: Duration::from_micros(1),
    };
    let active = Some(ActiveWindow {
        handle: WindowHandle(1),
        window: window().into(),
    });
    let power = PowerState {
        percent: 1,
        discharging: true,
    };
    let events = [
        SensorEvent::Window { active },
        SensorEvent::Input { counts: counts() },
        SensorEvent::Idle {
            idle: Duration::from_micros(1),
        },
        SensorEvent::Present,
        SensorEvent::Lock { locked: true },
        SensorEvent::Sleep { asleep: true },
        SensorEvent::Power { power },
        SensorEvent::Lost {
            concern: SensorKind::Input,
            reason: "r".into(),
        },
        SensorEvent::Back {
            concern: SensorKind::Input,
        },
    ];
    for event in events {
        // Whoever adds a kind of event has to come here.
        let is_input = match &event {
            SensorEvent::Input { counts } => {
                only_numbers(counts);
                true
            }
            SensorEvent::Window { .. }
            | SensorEvent::Idle { .. }
            | SensorEvent::Present
            | SensorEvent::Lock { .. }
            | SensorEvent::Sleep { .. }
            | SensorEvent::Power { .. }
            | SensorEvent::Lost { .. }
            | SensorEvent::Back { .. } => false,
        };
        let mut found = BTreeSet::new();
        fields(
            &serde_json::to_value(TimedEvent { at, event }).unwrap(),
            "",
            &mut found,
        );
        if is_input {
            found.retain(|field| !field.starts_with("at.") && field != "event: text");
            assert_eq!(found.len(), 14, "{found:?}");
            assert!(
                found
                    .iter()
                    .all(|f| f.starts_with("counts.") && f.ends_with(": number")),
                "{found:?}"
            );
        }
    }
}

/// Compiles only while every field of the counts is a plain number, and none is left out here.
fn only_numbers(counts: &Counts) {
    let Counts { hardware, injected } = counts;
    for source in [hardware, injected] {
        let InputCounts {
            keys,
            left,
            middle,
            right,
            other,
            scroll,
            seconds,
        } = source;
        let _: [&u64; 7] = [keys, left, middle, right, other, scroll, seconds];
    }
}
