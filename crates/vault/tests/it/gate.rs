//! The gate with its file.

use crate::kit::{Home, NOW, STORED, code, json};
use model::Timestamp;
use std::fs;
use vault::{CodeVerdict, Factor, KeySlotKind, RecoveryCode, Vault, VaultError};

#[test]
fn the_vectors_of_rfc_6238_open_the_gate() {
    // The last six of the eight digits printed there: the same number modulo a million.
    for (time, code) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ] {
        assert_eq!(
            Home::new().check(code, time),
            CodeVerdict::Accepted,
            "{time}"
        );
    }
}

#[test]
fn the_vectors_of_rfc_4226_open_the_gate() {
    let mut home = Home::new();
    for (counter, code) in (1u64..).zip([
        "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
    ]) {
        assert_eq!(
            home.check(code, counter * 30),
            CodeVerdict::Accepted,
            "{counter}"
        );
    }
}

#[test]
fn a_code_works_once_also_after_reopening() {
    let mut home = Home::new();
    assert!(!home.vault.is_enrolled());
    assert_eq!(home.check("287 082", 59), CodeVerdict::Accepted);
    assert!(home.vault.is_enrolled());
    assert_eq!(home.check("287082", 60), CodeVerdict::Replayed);
    home.vault = Vault::open(home.dir.path()).unwrap();
    assert!(home.vault.is_enrolled());
    assert_eq!(home.check("287082", 60), CodeVerdict::Replayed);
    // The step before the one used is used up as well.
    assert_eq!(home.check("755224", 59), CodeVerdict::Replayed);
}

#[test]
fn many_at_once_and_one_gets_in() {
    let home = Home::new();
    let accepted: usize = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut vault = Vault::open(home.dir.path()).unwrap();
                    let answer = vault.check_code(&home.door, "287082", 59).unwrap();
                    usize::from(answer.token.is_some())
                })
            })
            .collect();
        tries.into_iter().map(|t| t.join().unwrap()).sum()
    });
    assert_eq!(accepted, 1);
}

#[test]
fn a_code_is_not_accepted_before_its_use_is_durable() {
    let mut home = Home::new();
    let before = fs::read(home.file()).unwrap();
    // A directory in the place of the temporary file makes the write fail before the rename.
    let in_the_way = home.dir.path().join("vault.json.tmp");
    fs::create_dir(&in_the_way).unwrap();
    let error = home.vault.check_code(&home.door, "287082", 59).unwrap_err();
    assert!(matches!(error, VaultError::Io { .. }), "{error}");
    assert!(!home.vault.is_enrolled());
    assert_eq!(fs::read(home.file()).unwrap(), before);
    fs::remove_dir(&in_the_way).unwrap();
    assert_eq!(home.check("287082", 59), CodeVerdict::Accepted);
    let gate = &json(home.dir.path())["gate"];
    assert_eq!(
        (&gate["last_step"], &gate["enrolled"]),
        (&1.into(), &true.into())
    );
}

#[test]
fn wrong_codes_are_remembered_over_starts_and_told_at_the_next_right_one() {
    let mut home = Home::new();
    assert_eq!(home.check(&code(NOW / 30), NOW), CodeVerdict::Accepted);
    let later = NOW + 600;
    for n in 0..5 {
        home.vault = Vault::open(home.dir.path()).unwrap();
        assert_eq!(home.check("000000", later), CodeVerdict::Wrong, "try {n}");
    }
    assert!(matches!(
        home.check("000000", later),
        CodeVerdict::Wrong | CodeVerdict::Wait { .. }
    ));
    home.vault = Vault::open(home.dir.path()).unwrap();
    assert!(matches!(
        home.check(&code(later / 30), later),
        CodeVerdict::Wait { .. }
    ));
    let much_later = later + 3700;
    let answer = home
        .vault
        .check_code(&home.door, &code(much_later / 30), much_later)
        .unwrap();
    assert!(answer.token.is_some());
    assert!(answer.failures_before >= 5, "{}", answer.failures_before);
}

#[test]
fn after_a_hundred_wrong_codes_only_a_recovery_code_opens() {
    let mut home = Home::new();
    let pass = home.pass();
    let kit = home
        .vault
        .new_recovery_kit(&home.door, &pass, Timestamp::UNIX_EPOCH)
        .unwrap();
    let mut now = NOW + 600;
    for _ in 0..100 {
        assert_ne!(home.check("000000", now), CodeVerdict::Accepted);
        now += 3601;
    }
    assert_eq!(home.check(&code(now / 30), now), CodeVerdict::Locked);
    let first = RecoveryCode::parse(&kit.codes()[0].reveal()).unwrap();
    home.vault.unlock_with_recovery_code(&first, now).unwrap();
    assert_eq!(home.check(&code(now / 30), now), CodeVerdict::Accepted);
    // Used up, also for another process, and only that one.
    let mut again = Vault::open(home.dir.path()).unwrap();
    assert!(matches!(
        again.unlock_with_recovery_code(&first, now),
        Err(VaultError::WrongFactor {
            kind: KeySlotKind::Recovery
        })
    ));
    again
        .unlock_with_recovery_code(&kit.codes()[9], now)
        .unwrap();
    assert_eq!(
        again
            .slots()
            .filter(|s| s.kind == KeySlotKind::Recovery)
            .count(),
        8
    );
}

#[test]
fn a_clock_put_far_ahead_does_not_shut_its_owner_out_for_ever() {
    let mut home = Home::new();
    let pass = home.pass();
    let kit = home
        .vault
        .new_recovery_kit(&home.door, &pass, Timestamp::UNIX_EPOCH)
        .unwrap();
    let far = 4_300_000_000; // 2106
    assert_eq!(home.check(&code(far / 30), far), CodeVerdict::Accepted);
    let now = NOW + 600;
    assert!(matches!(
        home.check(&code(now / 30), now),
        CodeVerdict::ClockBack { .. }
    ));
    let (door, _) = home
        .vault
        .unlock_with_recovery_code(&kit.codes()[3], now)
        .unwrap();
    // Every code of the old secret is used up until 2106, so there is another one, to be set up again.
    assert!(!home.vault.is_enrolled());
    let secret = home
        .vault
        .enrolment(&door, "me")
        .unwrap()
        .secret_base32()
        .to_owned();
    assert_ne!(secret, crate::kit::RFC_SECRET);
    assert!(home.vault.unlock_slot(&Factor::OsStore(STORED)).is_ok());
}
