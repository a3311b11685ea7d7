//! The file: nothing secret in it, every edit noticed, newer ones refused.

use crate::kit::{CREATED, Home, NOW, RFC_SECRET, STORED, code, founding, json, write_json};
use model::Timestamp;
use std::fs;
use tempfile::TempDir;
use vault::{FILE_NAME, Factor, Vault, VaultError};

#[test]
fn a_damaged_file_is_named_and_left_alone() {
    let cases: &[(&[u8], &str)] = &[
        (b"", "empty"),
        (b"{", "line 1"),
        (b"[1,2]", "not a vault"),
        (b"{\"format\":1}", "not a vault"),
        (b"{\"format\":2}", "not a vault"),
        (b"\xff\xfe", "not a vault"),
    ];
    for (content, why) in cases {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join(FILE_NAME);
        fs::write(&path, content).unwrap();
        for error in [
            Vault::open(dir.path()).unwrap_err(),
            Vault::exists(dir.path()).unwrap_err(),
            Vault::create(dir.path(), founding(Factor::OsStore(STORED))).unwrap_err(),
        ] {
            assert!(matches!(error, VaultError::Malformed { .. }), "{error:?}");
            let text = error.to_string();
            for word in [FILE_NAME, "backup", why] {
                assert!(text.contains(word), "{text}");
            }
        }
        assert_eq!(&fs::read(&path).unwrap(), content);
    }
}

/// A file of an earlier program: what was put into it is still there.
#[test]
fn a_file_from_before_still_opens() {
    let dir = TempDir::new().unwrap();
    let sample = include_bytes!("../wire/vault.json");
    fs::write(dir.path().join(FILE_NAME), sample).unwrap();
    let mut vault = Vault::open(dir.path()).unwrap();
    let slot = vault.unlock_slot(&Factor::OsStore(STORED)).unwrap();
    assert_eq!(vault.consent().unwrap().at, CREATED);
    let answer = vault
        .check_code(&slot, &code(NOW / 30 + 5), NOW + 150)
        .unwrap();
    vault
        .viewer_identity(&slot, &answer.token.unwrap())
        .unwrap();
}

#[test]
fn every_cut_is_noticed() {
    let home = Home::new();
    let whole = fs::read(home.file()).unwrap();
    for end in 0..whole.trim_ascii_end().len() {
        fs::write(home.file(), &whole[..end]).unwrap();
        assert!(Vault::open(home.dir.path()).is_err(), "cut at {end}");
    }
}

/// Every value in the file, changed one at a time: no code is taken and nothing panics.
#[test]
fn every_edit_is_noticed() {
    let mut home = Home::new();
    let pass = home.pass();
    home.vault
        .new_recovery_kit(&home.door, &pass, Timestamp::from_micros(1))
        .unwrap();
    let whole = json(home.dir.path());
    let mut places = Vec::new();
    leaves(&whole, String::new(), &mut places);
    assert!(places.len() > 60, "{}", places.len());
    for place in places {
        let mut edited = whole.clone();
        let value = edited.pointer_mut(&place).unwrap();
        *value = match value.take() {
            serde_json::Value::String(text) => changed(&text).into(),
            serde_json::Value::Number(n) => (n.as_i64().unwrap() + 1).into(),
            serde_json::Value::Bool(b) => (!b).into(),
            other => other,
        };
        write_json(home.dir.path(), &edited);
        let before = fs::read(home.file()).unwrap();
        let error = Vault::open(home.dir.path()).and_then(|mut vault| {
            let door = vault.unlock_slot(&Factor::OsStore(STORED))?;
            let _ = vault.check_code(&door, &code(NOW / 30 + 5), NOW + 150)?;
            Ok(())
        });
        let error = error.expect_err(&place);
        assert!(!error.to_string().is_empty());
        assert_eq!(
            fs::read(home.file()).unwrap(),
            before,
            "{place}: left as it is"
        );
    }
}

/// An edit after the vault was opened is noticed too: the file is read again at each code.
#[test]
fn a_recipient_slipped_in_between_is_noticed() {
    let mut home = Home::new();
    let mut edited = json(home.dir.path());
    let thief = vault::Identity::generate().recipient().to_string();
    edited["organisations"] = serde_json::json!([{"name": "Me too", "key": thief}]);
    write_json(home.dir.path(), &edited);
    let error = home.vault.check_code(&home.door, "287082", 59).unwrap_err();
    assert!(matches!(error, VaultError::Changed { .. }), "{error}");
}

fn leaves(value: &serde_json::Value, at: String, out: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                leaves(value, format!("{at}/{key}"), out);
            }
        }
        serde_json::Value::Array(list) => {
            for (n, value) in list.iter().enumerate() {
                leaves(value, format!("{at}/{n}"), out);
            }
        }
        serde_json::Value::Null => {}
        _ => out.push(at),
    }
}

/// Another text of the same kind and length.
fn changed(text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let middle = chars.len() / 2;
    if let Some(c) = chars.get_mut(middle) {
        *c = if *c == 'b' { 'c' } else { 'b' };
    }
    chars.into_iter().collect()
}

#[test]
fn nothing_in_the_file_is_secret() {
    let mut home = Home::new();
    let identity = home.identity();
    let pass = {
        let answer = home
            .vault
            .check_code(&home.door, &code(NOW / 30 + 1), NOW)
            .unwrap();
        answer.token.unwrap()
    };
    let kit = home
        .vault
        .new_recovery_kit(&home.door, &pass, Timestamp::from_micros(1))
        .unwrap();
    for bytes in [fs::read(home.file()).unwrap(), home.vault.encode_copy()] {
        let text = String::from_utf8(bytes).unwrap();
        let mut secrets = vec![
            RFC_SECRET.to_owned(),
            identity.reveal().to_string(),
            "12345678901234567890".to_owned(),
        ];
        secrets.extend(kit.codes().iter().map(|c| c.reveal().to_string()));
        for secret in secrets {
            assert!(!text.contains(&secret));
            assert!(!text.contains(&secret[secret.len() / 2..]));
        }
    }
    let shown = format!(
        "{:?}{:?}{:?}{identity:?}{kit:?}",
        home.vault,
        home.door,
        home.maker()
    );
    assert!(
        !shown.contains("SECRET") && !shown.contains(RFC_SECRET),
        "{shown}"
    );
}

#[test]
fn a_newer_file_is_refused_politely() {
    let home = Home::new();
    let mut newer = json(home.dir.path());
    newer["format"] = 3.into();
    write_json(home.dir.path(), &newer);
    let error = Vault::open(home.dir.path()).unwrap_err();
    let expected = matches!(
        error,
        VaultError::Newer {
            found: 3,
            known: 2,
            ..
        }
    );
    assert!(expected, "{error}");
}

#[test]
fn a_missing_vault_is_not_made_by_looking() {
    let dir = TempDir::new().unwrap();
    let error = Vault::open(dir.path()).unwrap_err();
    assert!(matches!(error, VaultError::Missing { .. }), "{error}");
    assert!(!Vault::exists(dir.path()).unwrap());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_vault_is_made_once() {
    let home = Home::new();
    let before = fs::read(home.file()).unwrap();
    let error = Vault::create(home.dir.path(), founding(Factor::OsStore(STORED))).unwrap_err();
    assert!(matches!(error, VaultError::Exists { .. }), "{error}");
    assert_eq!(fs::read(home.file()).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn files_belong_to_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let root = TempDir::new().unwrap();
    let dir = root.path().join("a/b");
    let new = vault::NewVault {
        totp: None,
        ..founding(Factor::OsStore(STORED))
    };
    let (vault, door) = Vault::create(&dir, new).unwrap();
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(vault.path()), 0o600);
    let picture = dir.join("mfa_qr.png");
    vault::write_qr_png(&vault.enrolment(&door, "me@here").unwrap(), &picture).unwrap();
    assert_eq!(mode(&picture), 0o600);
    // Opened up by a careless copy: closed again.
    fs::set_permissions(vault.path(), fs::Permissions::from_mode(0o644)).unwrap();
    Vault::open(&dir).unwrap();
    assert_eq!(mode(&dir.join(FILE_NAME)), 0o600);
}
