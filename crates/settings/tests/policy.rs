//! The JSON of a policy: what one process hands to another. It keeps its words, and nothing is lost on the way.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use recorder::ExclusionRule;
use settings::{
    AppPaths, ConsentNotice, MeteredAction, NotificationLevel, OldScreenshotAction, Policy,
    QualitySetting, Readers, Settings,
};
use std::path::Path;
use upload::{Destination, vars};

const POLICIES: &str = include_str!("wire/policies.jsonl");

/// Whose values must not be in any policy.
const SECRETS: [(&str, &str); 4] = [
    (vars::ACCESS_KEY, "AKIA-hidden"),
    (vars::SECRET_KEY, "hidden-too"),
    (vars::TOKEN, "hidden-as-well"),
    ("HTTPS_PROXY", "http://me:hidden@proxy.example.com:3128"),
];

fn policy(settings: &Settings, readers: Readers, variables: &[(&str, &str)]) -> Policy {
    let get = |name: &str| {
        let mut all = variables.iter().chain(&SECRETS);
        Some(all.find(|(n, _)| *n == name)?.1.to_owned())
    };
    let url = settings.upload.destination.as_deref();
    let destination = Destination::resolve(url, &get, Path::new("/home/ada/uam/sent")).unwrap();
    let paths = AppPaths {
        data: "/home/ada/uam".into(),
        ..AppPaths::under(Path::new("/home/ada"))
    };
    let destination = destination.with_rate_limit(settings.upload.limit_kib_per_s);
    Policy::resolve(settings, destination, &paths, readers).unwrap()
}

fn changed_settings() -> Settings {
    let mut settings = Settings::default();
    settings.shots.blur = false;
    settings.shots.quality = QualitySetting::Small;
    settings.shots.when_old = OldScreenshotAction::Archive;
    settings.shots.archive_dir = Some("/mnt/archive".into());
    settings.upload.destination = Some("s3://team/uam".into());
    settings.upload.seal = Some(false);
    settings.upload.limit_kib_per_s = 64;
    settings.upload.on_metered = MeteredAction::Send;
    settings.schedule.hours = vec!["mon-fri 09:00-17:00".into()];
    settings.exclude.defaults = false;
    settings.exclude.rules = vec![ExclusionRule {
        app: Some("payroll".into()),
        ..ExclusionRule::default()
    }];
    settings.indicator.tray = false;
    settings.indicator.notify = NotificationLevel::All;
    settings
}

#[test]
fn policies_keep_their_words() {
    let organisation = [("Acme Ltd", "age1qqqqqqqqqqqqabcdefgh")];
    let local = Policy {
        destination: Destination::Directory {
            dir: "/home/ada/uam/sent".into(),
            why: None,
        },
        ..policy(&Settings::default(), Readers::of_new_vault(), &[])
    };
    let policies = [
        local,
        policy(
            &changed_settings(),
            Readers::new(Some("age1viewer"), organisation),
            &[
                (vars::ENDPOINT, "https://s3.example.com"),
                (vars::REGION, "eu-west-3"),
                ("NO_PROXY", "localhost"),
            ],
        ),
    ];
    let lines: Vec<String> = policies
        .iter()
        .map(|policy| serde_json::to_string(policy).unwrap())
        .collect();
    assert_eq!(lines, POLICIES.lines().collect::<Vec<_>>());
    for (policy, line) in policies.iter().zip(&lines) {
        assert_eq!(&serde_json::from_str::<Policy>(line).unwrap(), policy);
    }
}

fn settings() -> impl Strategy<Value = Settings> {
    let text = || proptest::option::of("[ -~]{1,20}");
    let rule = (text(), text(), "\\PC{1,20}").prop_map(|(app, exe, title)| ExclusionRule {
        app,
        exe,
        title: Some(title),
    });
    let hours = prop_oneof![Just("mon-fri 09:00-12:30"), Just("sat 22:00-24:00")];
    let numbers = (any::<u64>(), any::<u32>(), any::<u32>(), any::<u8>());
    let switches = any::<[bool; 7]>();
    let lists = (
        proptest::collection::vec(rule, 0..3),
        proptest::collection::vec(hours, 0..3),
    );
    (numbers, switches, lists).prop_map(|((long, seconds, kib, percent), is, (rules, hours))| {
        let mut settings = changed_settings();
        settings.record.idle_seconds = seconds.into();
        settings.shots.capture = is[0];
        settings.shots.blur = is[1];
        settings.shots.every_seconds = u64::from(seconds) + 5;
        settings.shots.keep_mb = long;
        if is[2] {
            settings.upload.destination = None;
            settings.shots.when_old = OldScreenshotAction::Delete;
        }
        settings.upload.hold_seconds = seconds.into();
        settings.upload.seal = is[3].then_some(is[4]);
        settings.upload.limit_kib_per_s = kib;
        settings.power.low_percent = percent;
        settings.disk.floor_mb = long;
        settings.exclude.defaults = is[5];
        settings.exclude.rules = rules;
        settings.schedule.hours = hours.into_iter().map(str::to_owned).collect();
        settings.indicator.tray = is[6];
        settings
    })
}

proptest! {
    /// And the person would agree to the same text on the other side.
    #[test]
    fn nothing_is_lost_and_no_secret_goes_along(
        settings in settings(),
        viewer in proptest::option::of("age1[a-z0-9]{10}"),
        name in "\\PC{0,30}",
        no_bucket in any::<bool>(),
    ) {
        // A rule without a letter or digit is refused.
        prop_assume!(settings.exclude.compile_rules().is_ok());
        let readers = Readers::new(viewer.as_deref(), [(name.as_str(), "age1zzzzzzzzzzzz")]);
        let variables = [(vars::BUCKET, "team")];
        let policy = policy(&settings, readers, &variables[usize::from(no_bucket)..]);
        let json = serde_json::to_string(&policy).unwrap();
        prop_assert!(!json.contains("hidden"), "{json}");
        let read: Policy = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(ConsentNotice::of(&read), ConsentNotice::of(&policy));
        prop_assert_eq!(read, policy);
    }
}
