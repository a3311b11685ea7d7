//! The slots that open a vault, and changes of them.

use crate::kit::{CREATED, Home, NOW, STORED, code, founding};
use std::fs;
use tempfile::TempDir;
use vault::{
    CodeVerdict, Factor, Identity, KeySlotKind, Organisation, RecoveryCode, TotpSecret, Vault,
    VaultError, open_vault_copy, open_with, seal_for,
};

const WORDS: &str = "correct horse battery staple";

#[test]
fn each_factor_opens_its_own_slot_and_no_other() {
    let mut home = Home::new();
    let pass = home.pass();
    home.vault
        .add_slot(&home.door, &pass, &Factor::Passphrase(WORDS), CREATED)
        .unwrap();
    let kit = home
        .vault
        .new_recovery_kit(&home.door, &pass, CREATED)
        .unwrap();
    let identity = home.vault.viewer_identity(&home.door, &pass).unwrap();
    let vault = Vault::open(home.dir.path()).unwrap();
    for factor in [
        Factor::OsStore(STORED),
        Factor::Passphrase(WORDS),
        Factor::Passphrase("  correct horse battery staple "),
        Factor::Recovery(&kit.codes()[4]),
    ] {
        let door = vault.unlock_slot(&factor).unwrap();
        let opened = vault.viewer_identity(&door, &pass).unwrap();
        assert_eq!(opened.recipient(), identity.recipient(), "{factor:?}");
    }
    let other = RecoveryCode::random().unwrap();
    for factor in [
        Factor::OsStore(&[8; 32]),
        Factor::Passphrase("correct horse battery stable"),
        Factor::Recovery(&other),
    ] {
        let kind = factor.kind();
        let error = vault.unlock_slot(&factor).unwrap_err();
        let named = matches!(error, VaultError::WrongFactor { kind: k } if k == kind);
        assert!(named, "{factor:?}: {error}");
    }
}

#[test]
fn a_slot_moved_into_another_vault_opens_nothing() {
    let (home, other) = (Home::new(), TempDir::new().unwrap());
    let new = vault::NewVault {
        device: "f".repeat(32),
        ..founding(Factor::OsStore(STORED))
    };
    Vault::create(other.path(), new).unwrap();
    let mut mixed = crate::kit::json(other.path());
    mixed["slots"] = crate::kit::json(home.dir.path())["slots"].clone();
    crate::kit::write_json(other.path(), &mixed);
    let error = Vault::open(other.path())
        .unwrap()
        .unlock_slot(&Factor::OsStore(STORED))
        .unwrap_err();
    assert!(matches!(error, VaultError::WrongFactor { .. }), "{error}");
}

#[test]
fn the_last_daily_slot_stays() {
    let mut home = Home::new();
    let pass = home.pass();
    home.vault
        .new_recovery_kit(&home.door, &pass, CREATED)
        .unwrap();
    let error = home.vault.remove_slot(&home.door, &pass, 1).unwrap_err();
    assert!(matches!(error, VaultError::LastSlot), "{error}");
    assert!(home.vault.has_slot(KeySlotKind::OsStore), "nothing changed");
    let id = home
        .vault
        .add_slot(&home.door, &pass, &Factor::Passphrase(WORDS), CREATED)
        .unwrap();
    home.vault.remove_slot(&home.door, &pass, 1).unwrap();
    let vault = Vault::open(home.dir.path()).unwrap();
    assert!(matches!(
        vault.unlock_slot(&Factor::OsStore(STORED)),
        Err(VaultError::NoSlot {
            kind: KeySlotKind::OsStore
        })
    ));
    vault.unlock_slot(&Factor::Passphrase(WORDS)).unwrap();
    let error = home
        .vault
        .remove_slot(&home.door, &pass, id + 99)
        .unwrap_err();
    assert!(matches!(error, VaultError::NoSuchSlot { .. }), "{error}");
}

#[test]
fn weak_secrets_are_refused() {
    let dir = TempDir::new().unwrap();
    for (factor, weak) in [
        (Factor::Passphrase("1234567"), true),
        (Factor::Passphrase("   12345    "), true),
        (Factor::OsStore(&[1; 31]), false),
    ] {
        let error = Vault::create(dir.path(), founding(factor)).unwrap_err();
        assert_eq!(matches!(error, VaultError::WeakPassphrase), weak, "{error}");
        assert!(Vault::open(dir.path()).is_err(), "nothing was made");
    }
}

#[test]
fn organisations_read_what_is_sealed_while_they_are_on_the_list() {
    let mut home = Home::new();
    let pass = home.pass();
    let acme = Identity::generate();
    let before = home.maker().seal_file(b"before").unwrap();
    let organisation =
        |name: &str, key: &Identity| Organisation::new(name, &key.recipient().to_string()).unwrap();
    home.vault
        .add_organisation(&home.door, &pass, organisation("Acme", &acme))
        .unwrap();
    let during = home.maker().seal_file(b"during").unwrap();
    home.vault
        .remove_organisation(&home.door, &pass, "Acme")
        .unwrap();
    let after = home.maker().seal_file(b"after").unwrap();
    let reads = |sealed: &[u8]| open_with([&acme].into_iter(), sealed).is_ok();
    assert_eq!(
        (reads(&before), reads(&during), reads(&after)),
        (false, true, false)
    );
    assert!(matches!(
        home.vault.remove_organisation(&home.door, &pass, "Acme"),
        Err(VaultError::NoSuchOrganisation { .. })
    ));
    for name in ["One", "Two", "Three"] {
        let new = organisation(name, &Identity::generate());
        home.vault.add_organisation(&home.door, &pass, new).unwrap();
    }
    let again = organisation("One", &Identity::generate());
    let error = home
        .vault
        .add_organisation(&home.door, &pass, again)
        .unwrap_err();
    assert!(
        matches!(error, VaultError::OrganisationKnown { .. }),
        "{error}"
    );
    let fourth = organisation("Four", &Identity::generate());
    let error = home
        .vault
        .add_organisation(&home.door, &pass, fourth)
        .unwrap_err();
    assert!(matches!(error, VaultError::TooManyOrganisations), "{error}");
    let secret = acme.reveal();
    let error = Organisation::new("Acme", &secret).unwrap_err().to_string();
    assert!(
        error.contains("SECRET key") && !error.contains(secret.as_str()),
        "{error}"
    );
}

#[test]
fn where_nobody_here_may_read_nobody_can() {
    let dir = TempDir::new().unwrap();
    let nobody = vault::NewVault {
        viewer: false,
        ..founding(Factor::OsStore(STORED))
    };
    assert!(matches!(
        Vault::create(dir.path(), nobody),
        Err(VaultError::NoReader)
    ));
    let acme = Identity::generate();
    let organisation = Organisation::new("Acme", &acme.recipient().to_string()).unwrap();
    let new = vault::NewVault {
        viewer: false,
        organisations: vec![organisation],
        ..founding(Factor::OsStore(STORED))
    };
    let (mut vault, door) = Vault::create(dir.path(), new).unwrap();
    let pass = vault
        .check_code(&door, &code(NOW / 30), NOW)
        .unwrap()
        .token
        .unwrap();
    assert!(matches!(
        vault.viewer_identity(&door, &pass),
        Err(VaultError::NoViewer)
    ));
    let sealed = vault.sealer(None).unwrap().seal_file(b"for Acme").unwrap();
    assert!(open_with([&acme].into_iter(), &sealed).is_ok());
    let error = vault.remove_organisation(&door, &pass, "Acme").unwrap_err();
    assert!(matches!(error, VaultError::NoReader), "{error}");
}

#[test]
fn after_a_rotation_the_old_secrets_open_nothing_and_the_old_record_opens() {
    let mut home = Home::new();
    let pass = home.pass();
    let kit = home
        .vault
        .new_recovery_kit(&home.door, &pass, CREATED)
        .unwrap();
    let (old, sealed) = (
        home.vault.viewer_identity(&home.door, &pass).unwrap(),
        home.maker().seal_file(b"old").unwrap(),
    );
    for round in 0..2 {
        let secret = [40 + round; 32];
        let (door, new_kit) = home
            .vault
            .rotate(&home.door, &pass, &Factor::OsStore(&secret), CREATED)
            .unwrap();
        home.door = door;
        let vault = Vault::open(home.dir.path()).unwrap();
        assert!(vault.unlock_slot(&Factor::OsStore(STORED)).is_err());
        assert!(
            vault
                .unlock_slot(&Factor::Recovery(&kit.codes()[0]))
                .is_err()
        );
        vault
            .unlock_slot(&Factor::Recovery(&new_kit.codes()[0]))
            .unwrap();
        let door = vault.unlock_slot(&Factor::OsStore(&secret)).unwrap();
        let identity = vault.viewer_identity(&door, &pass).unwrap();
        assert_ne!(identity.recipient(), old.recipient());
        assert_eq!(
            &**vault.viewer_opener(&identity).open_file(&sealed).unwrap(),
            b"old"
        );
        let new = vault.sealer(None).unwrap().seal_file(b"new").unwrap();
        assert!(open_with([&old].into_iter(), &new).is_err());
    }
    // The secret of the codes is still the same one.
    let later = NOW + 60;
    assert_eq!(home.check(&code(later / 30), later), CodeVerdict::Accepted);
}

#[test]
fn a_new_phone_is_in_force_once_it_was_confirmed() {
    let mut home = Home::new();
    let pass = home.pass();
    let given = TotpSecret::parse("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").unwrap();
    let new = totp_rs::Builder::new()
        .with_secret(given.as_bytes().to_vec())
        .build()
        .unwrap();
    let proposal = home.vault.propose_secret(Some(given)).unwrap();
    let later = NOW + 300;
    let wrong = home
        .vault
        .confirm_secret(&home.door, &pass, &proposal, "000000", later)
        .unwrap();
    assert_eq!(wrong, CodeVerdict::Wrong);
    assert_eq!(
        home.check(&code(later / 30), later),
        CodeVerdict::Accepted,
        "the old one holds"
    );
    let first = new.generate(later).to_string();
    let right = home
        .vault
        .confirm_secret(&home.door, &pass, &proposal, &first, later)
        .unwrap();
    assert_eq!(right, CodeVerdict::Accepted);
    home.vault = Vault::open(home.dir.path()).unwrap();
    assert_eq!(
        home.check(&first, later),
        CodeVerdict::Replayed,
        "it confirmed, so it is used"
    );
    let later = later + 60;
    assert_ne!(home.check(&code(later / 30), later), CodeVerdict::Accepted);
    assert_eq!(
        home.check(&new.generate(later).to_string(), later),
        CodeVerdict::Accepted
    );
}

#[test]
fn the_copy_in_the_bucket_and_one_code_open_everything_elsewhere() {
    let mut home = Home::new();
    let pass = home.pass();
    let first = home.maker().seal_file(b"first").unwrap();
    let (door, kit) = home
        .vault
        .rotate(&home.door, &pass, &Factor::OsStore(&[9; 32]), CREATED)
        .unwrap();
    let second = home
        .vault
        .sealer(None)
        .unwrap()
        .seal_file(b"second")
        .unwrap();
    drop(door);
    let elsewhere = TempDir::new().unwrap();
    let file = elsewhere.path().join("copy.json");
    fs::write(&file, home.vault.encode_copy()).unwrap();
    assert!(
        !String::from_utf8(home.vault.encode_copy())
            .unwrap()
            .contains("os-store")
    );
    let recovered = open_vault_copy(&file, &kit.codes()[7]).unwrap();
    for (sealed, plain) in [(&first, "first"), (&second, "second")] {
        assert_eq!(
            &**recovered.opener.open_file(sealed).unwrap(),
            plain.as_bytes()
        );
    }
    // `age -d -i` gets the keys as text.
    let text = recovered.identity.reveal();
    let key: Identity = text.parse().unwrap();
    assert!(open_with([&key].into_iter(), &second).is_ok());
    assert!(open_with(recovered.earlier.iter(), &first).is_ok());
    let stranger = RecoveryCode::random().unwrap();
    assert!(matches!(
        open_vault_copy(&file, &stranger),
        Err(VaultError::WrongFactor { .. })
    ));
    assert!(seal_for(&[key.recipient()], b"x").is_some());
}

#[test]
fn a_cost_that_would_use_up_the_machine_is_refused() {
    let dir = TempDir::new().unwrap();
    Vault::create(dir.path(), founding(Factor::Passphrase(WORDS))).unwrap();
    for (kib, passes) in [(u32::MAX, 1), (64, u32::MAX), (0, 0)] {
        let mut edited = crate::kit::json(dir.path());
        edited["slots"][0]["argon2"] = serde_json::json!({"kib": kib, "passes": passes});
        crate::kit::write_json(dir.path(), &edited);
        let error = Vault::open(dir.path())
            .unwrap()
            .unlock_slot(&Factor::Passphrase(WORDS))
            .unwrap_err();
        assert!(
            matches!(error, VaultError::SlotDamaged { id: 1 }),
            "{error}"
        );
    }
}
