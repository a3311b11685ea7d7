//! The vault on a real disk.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;
use tempfile::TempDir;
use vault::{Aad, FILE_NAME, SealError, Vault, VaultError, Verdict, remove_qr_png, write_qr_png};

/// The secret of the vectors in RFC 4226 (appendix D) and RFC 6238 (appendix B), `12345678901234567890`.
const RFC_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const NOW: u64 = 1_790_000_000;

fn edit(dir: &Path, key: &str, value: serde_json::Value) {
    let path = dir.join(FILE_NAME);
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    json[key] = value;
    fs::write(&path, serde_json::to_vec(&json).unwrap()).unwrap();
}

fn rfc_vault() -> (TempDir, Vault) {
    let dir = TempDir::new().unwrap();
    Vault::open_or_create(dir.path()).unwrap();
    edit(dir.path(), "totp_secret", RFC_SECRET.into());
    let vault = Vault::open(dir.path()).unwrap();
    (dir, vault)
}

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
        let (_dir, mut vault) = rfc_vault();
        assert_eq!(
            vault.check_code(code, time).unwrap(),
            Verdict::Accepted,
            "{time}"
        );
    }
}

#[test]
fn the_vectors_of_rfc_4226_open_the_gate() {
    let (_dir, mut vault) = rfc_vault();
    for (counter, code) in (1u64..).zip([
        "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
    ]) {
        let verdict = vault.check_code(code, counter * 30).unwrap();
        assert_eq!(verdict, Verdict::Accepted, "counter {counter}");
    }
}

#[test]
fn a_code_works_once_also_after_reopening() {
    let (dir, mut vault) = rfc_vault();
    assert!(!vault.is_enrolled());
    assert_eq!(vault.check_code("287 082", 59).unwrap(), Verdict::Accepted);
    assert!(vault.is_enrolled());
    assert_eq!(vault.check_code("287082", 60).unwrap(), Verdict::Replayed);
    drop(vault);
    let mut again = Vault::open_or_create(dir.path()).unwrap();
    assert!(again.is_enrolled());
    assert_eq!(again.check_code("287082", 60).unwrap(), Verdict::Replayed);
    // The step before the one used is used up as well.
    assert_eq!(again.check_code("755224", 29).unwrap(), Verdict::Replayed);
}

#[test]
fn two_openings_share_what_was_used() {
    let (dir, mut first) = rfc_vault();
    let mut second = Vault::open(dir.path()).unwrap();
    assert_eq!(first.check_code("287082", 59).unwrap(), Verdict::Accepted);
    assert_eq!(second.check_code("287082", 59).unwrap(), Verdict::Replayed);
}

#[test]
fn many_at_once_and_one_gets_in() {
    let (dir, _vault) = rfc_vault();
    let accepted: usize = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut vault = Vault::open(dir.path()).unwrap();
                    usize::from(vault.check_code("287082", 59).unwrap() == Verdict::Accepted)
                })
            })
            .collect();
        tries.into_iter().map(|t| t.join().unwrap()).sum()
    });
    assert_eq!(accepted, 1);
}

#[test]
fn a_code_is_not_accepted_before_its_use_is_durable() {
    let (dir, mut vault) = rfc_vault();
    let path = dir.path().join(FILE_NAME);
    let before = fs::read(&path).unwrap();
    // A directory in the place of the temporary file makes the write fail before the rename.
    let in_the_way = dir.path().join("vault.json.tmp");
    fs::create_dir(&in_the_way).unwrap();
    let error = vault.check_code("287082", 59).unwrap_err();
    assert!(matches!(error, VaultError::Io { .. }), "{error}");
    assert!(!vault.is_enrolled());
    assert_eq!(fs::read(&path).unwrap(), before);
    fs::remove_dir(&in_the_way).unwrap();
    assert_eq!(vault.check_code("287082", 59).unwrap(), Verdict::Accepted);
    let used: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(used["last_step"], 1);
    assert_eq!(used["enrolled"], true);
}

#[test]
fn a_damaged_file_is_named_and_left_alone() {
    let cases: &[(&[u8], &str)] = &[
        (b"", "empty"),
        (b"{", "line 1"),
        (b"[1,2]", "not a vault"),
        (b"{\"format\":1}", "not a vault"),
        (b"\xff\xfe", "not a vault"),
    ];
    for (content, why) in cases {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join(FILE_NAME);
        fs::write(&path, content).unwrap();
        let error = Vault::open_or_create(dir.path()).unwrap_err();
        assert!(matches!(error, VaultError::Malformed { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(FILE_NAME), "{text}");
        assert!(text.contains("backup"), "{text}");
        assert!(text.contains(why), "{text}");
        assert_eq!(&fs::read(&path).unwrap(), content);
    }
}

#[test]
fn a_wrong_field_is_named_without_its_content() {
    for (key, value) in [
        ("device", "xyz"),
        ("totp_secret", "not base32!"),
        ("totp_secret", "AAAA"),
        ("local_key", "00ff"),
    ] {
        let dir = TempDir::new().unwrap();
        Vault::open_or_create(dir.path()).unwrap();
        edit(dir.path(), key, value.into());
        let text = Vault::open(dir.path()).unwrap_err().to_string();
        assert!(text.contains(key), "{text}");
        assert!(!text.contains(value), "{text}");
    }
}

#[test]
fn a_newer_file_is_refused_politely() {
    let dir = TempDir::new().unwrap();
    Vault::open_or_create(dir.path()).unwrap();
    edit(dir.path(), "format", 2.into());
    let error = Vault::open_or_create(dir.path()).unwrap_err();
    assert!(
        matches!(
            error,
            VaultError::Newer {
                found: 2,
                known: 1,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_missing_vault_is_not_made_by_looking() {
    let dir = TempDir::new().unwrap();
    let error = Vault::open(dir.path()).unwrap_err();
    assert!(matches!(error, VaultError::Missing { .. }), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn files_belong_to_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let root = TempDir::new().unwrap();
    let dir = root.path().join("a/b");
    let vault = Vault::open_or_create(&dir).unwrap();
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(vault.path()), 0o600);
    let picture = dir.join("mfa_qr.png");
    write_qr_png(&vault.enrolment("me@here").unwrap(), &picture).unwrap();
    assert_eq!(mode(&picture), 0o600);
    // Opened up by a careless copy: closed again.
    fs::set_permissions(vault.path(), fs::Permissions::from_mode(0o644)).unwrap();
    Vault::open_or_create(&dir).unwrap();
    assert_eq!(mode(&dir.join(FILE_NAME)), 0o600);
}

#[test]
fn the_qr_code_reads_back_as_the_url() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open_or_create(dir.path()).unwrap();
    let enrolment = vault.enrolment("me:too@a host").unwrap();
    let url = enrolment.url().to_owned();
    assert!(
        url.starts_with("otpauth://totp/uam:me-too%40a%20host?"),
        "{url}"
    );
    assert!(
        url.contains(&format!("secret={}", enrolment.secret_base32())),
        "{url}"
    );
    assert!(url.contains("issuer=uam"), "{url}");
    assert_eq!(enrolment.secret_base32().len(), 32);

    let png = image::load_from_memory(&enrolment.qr_png().unwrap())
        .unwrap()
        .to_luma8();
    let side = png.width() as usize;
    assert_eq!(
        read_qr(side, |x, y| png.get_pixel(x as u32, y as u32).0[0]),
        url
    );

    // Half blocks, light on dark: enlarged to pixels, a reader must find the same.
    let text = enrolment.qr_text();
    let rows: Vec<Vec<char>> = text.lines().map(|l| l.chars().collect()).collect();
    let scale = 4;
    let side = rows[0].len() * scale;
    let drawn = read_qr(side, |x, y| {
        let half = y / scale;
        let c = rows.get(half / 2).map_or('█', |row| row[x / scale]);
        let light = match c {
            '█' => true,
            '▀' => half % 2 == 0,
            '▄' => half % 2 == 1,
            ' ' => false,
            c => panic!("{c:?} is no half block"),
        };
        if light { 255 } else { 0 }
    });
    assert_eq!(drawn, url);
    assert!(
        enrolment
            .qr_ansi()
            .lines()
            .all(|l| l.starts_with("\u{1b}[97;40m") && l.ends_with("\u{1b}[0m"))
    );
}

fn read_qr(side: usize, pixel: impl FnMut(usize, usize) -> u8) -> String {
    let mut picture = rqrr::PreparedImage::prepare_from_greyscale(side, side, pixel);
    let grids = picture.detect_grids();
    assert_eq!(grids.len(), 1, "one code in the picture");
    grids[0].decode().unwrap().1
}

#[test]
fn the_picture_goes_when_told() {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open_or_create(dir.path()).unwrap();
    let path = dir.path().join("mfa_qr.png");
    assert!(!remove_qr_png(&path).unwrap());
    write_qr_png(&vault.enrolment("").unwrap(), &path).unwrap();
    write_qr_png(&vault.enrolment("x").unwrap(), &path).unwrap();
    assert!(remove_qr_png(&path).unwrap());
    assert!(!path.exists());
}

#[test]
fn nothing_secret_shows_in_debug_text() {
    let (_dir, vault) = rfc_vault();
    let session = vault.new_session().unwrap();
    let all = format!(
        "{vault:?}{session:?}{:?}{:?}{:?}{:?}",
        session.sealer(),
        vault.opener(),
        vault.key_maker(),
        vault.enrolment("me").unwrap()
    );
    assert!(!all.contains(RFC_SECRET), "{all}");
    assert!(!all.contains("key:"), "{all}");
}

#[test]
fn what_is_sealed_opens_in_its_place_only() {
    let (dir, vault) = rfc_vault();
    let (session, other) = (vault.new_session().unwrap(), vault.new_session().unwrap());
    let device = vault.device();
    let place = Aad {
        device,
        session: &session.id,
        seq: 7,
        schema: 1,
        what: "record",
    };
    let sealed = session
        .sealer()
        .seal(&place, b"canary in the mine")
        .unwrap();
    assert!(!sealed.windows(6).any(|w| w == b"canary"));
    let opener = Vault::open(dir.path()).unwrap().opener();
    let key = &session.wrapped_key;
    assert_eq!(
        opener.open(key, &place, &sealed).unwrap(),
        b"canary in the mine"
    );

    let strange = "ffffffffffffffffffffffffffffffff";
    for moved in [
        Aad { seq: 8, ..place },
        Aad { schema: 2, ..place },
        Aad {
            what: "shot",
            ..place
        },
        Aad {
            session: &other.id,
            ..place
        },
        Aad {
            device: strange,
            ..place
        },
    ] {
        // With a fresh opener too, which has to unwrap the key under the same name.
        for opener in [opener.clone(), vault.opener()] {
            assert!(opener.open(key, &moved, &sealed).is_err(), "{moved:?}");
        }
    }
    let refused = SealError::Refused {
        what: "record",
        seq: 7,
    };
    assert_eq!(
        opener.open(
            &other.wrapped_key,
            &Aad {
                session: &other.id,
                ..place
            },
            &sealed
        ),
        Err(refused)
    );

    for at in 0..sealed.len() {
        for bit in [1, 0x80] {
            let mut changed = sealed.clone();
            changed[at] ^= bit;
            assert!(opener.open(key, &place, &changed).is_err(), "byte {at}");
        }
        assert!(
            opener.open(key, &place, &sealed[..at]).is_err(),
            "cut at {at}"
        );
    }
    for at in 0..key.len() {
        let mut changed = key.clone();
        changed[at] ^= 1;
        let error = opener.open(&changed, &place, &sealed).unwrap_err();
        assert!(
            matches!(error, SealError::Key { .. }),
            "key byte {at}: {error}"
        );
    }
}

#[test]
fn another_vault_opens_nothing() {
    let (_dir, vault) = rfc_vault();
    let (_other_dir, other) = rfc_vault();
    let session = vault.new_session().unwrap();
    let place = Aad {
        device: vault.device(),
        session: &session.id,
        seq: 1,
        schema: 1,
        what: "record",
    };
    let sealed = session.sealer().seal(&place, b"x").unwrap();
    let error = other
        .opener()
        .open(&session.wrapped_key, &place, &sealed)
        .unwrap_err();
    assert_eq!(
        error,
        SealError::Key {
            what: "record",
            seq: 1
        }
    );
}

#[test]
fn an_opener_serves_more_sessions_than_it_remembers() {
    let (_dir, vault) = rfc_vault();
    let opener = vault.opener();
    let sealed: Vec<_> = (0..150)
        .map(|seq| {
            let session = vault.new_session().unwrap();
            let place = Aad {
                device: vault.device(),
                session: &session.id,
                seq,
                schema: 1,
                what: "shot",
            };
            let sealed = session.sealer().seal(&place, &seq.to_be_bytes()).unwrap();
            (session.id, session.wrapped_key, seq, sealed)
        })
        .collect();
    for _ in 0..2 {
        for (id, key, seq, sealed) in &sealed {
            let place = Aad {
                device: vault.device(),
                session: id,
                seq: *seq,
                schema: 1,
                what: "shot",
            };
            assert_eq!(opener.open(key, &place, sealed).unwrap(), seq.to_be_bytes());
        }
    }
}

#[test]
fn a_fresh_vault_waits_for_a_real_code() {
    let dir = TempDir::new().unwrap();
    let mut vault = Vault::open_or_create(dir.path()).unwrap();
    assert_eq!(vault.device().len(), 32);
    assert_eq!(Vault::open(dir.path()).unwrap().device(), vault.device());
    assert_eq!(vault.check_code("nothing", NOW).unwrap(), Verdict::Wrong);
    assert!(!vault.is_enrolled());
}
