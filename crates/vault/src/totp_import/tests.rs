#![allow(clippy::unwrap_used)]
use super::*;
use proptest::prelude::*;

/// `12345678901234567890`, and as pyotp keeps it: 32 characters of base32.
const BYTES: &[u8] = b"12345678901234567890";
const BASE32: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/// A secret that no error may repeat. It is base32, and too short.
const CANARY: &str = "CANARYCANARYCANARY";

#[test]
fn base32_is_read_as_people_type_it() {
    for text in [
        BASE32,
        " gezdgnbvgy3tqojqgezdgnbvgy3tqojq\r\n",
        "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ",
        "gezd-gnbv-gy3t-qojq-gezd-gnbv-gy3t-qojq",
        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ====",
        "GEZDGNBVGY3TQOJQ\u{a0}GEZDGNBVGY3TQOJQ = =",
    ] {
        assert_eq!(TotpSecret::parse(text).unwrap().as_bytes(), BYTES, "{text}");
    }
}

#[test]
fn a_length_that_leaves_bits_over_is_read_as_pyotp_reads_it() {
    // 26 characters are 130 bits; whatever the last two are, they are dropped.
    for last in ["Q", "R", "T"] {
        let text = format!("GEZDGNBVGY3TQOJQGEZDGNBVG{last}======");
        let secret = TotpSecret::parse(&text).unwrap();
        assert_eq!(secret.as_bytes(), b"1234567890123454");
    }
}

#[test]
fn a_url_is_read_as_apps_write_it() {
    for url in [
        format!("otpauth://totp/uam:me%40here?secret={BASE32}&issuer=uam"),
        // As pyotp 2.9 writes it.
        format!(
            "otpauth://totp/User%20Activity%20Monitor:User%20Activity%40my%20pc?secret={BASE32}\
             &issuer=User%20Activity%20Monitor"
        ),
        format!(" otpauth://totp/me?secret={BASE32}\n"),
        format!("OTPAUTH://TOTP/me?SECRET={BASE32}"),
        format!("otpauth://totp/me?secret={}", BASE32.to_lowercase()),
        format!("otpauth://totp/me?secret={BASE32}%3D%3D%3D%3D"),
        format!("otpauth://totp/me?secret={BASE32}===="),
        format!("otpauth://totp/?algorithm=sha1&digits=6&period=30&secret={BASE32}#x"),
        format!("otpauth://totp/a:b?issuer=c&algorithm=SHA1&image=http%3A%2F%2Fx&secret={BASE32}"),
        format!("otpauth://totp/me?secret={BASE32}&secret={BASE32}"),
    ] {
        assert_eq!(TotpSecret::parse(&url).unwrap().as_bytes(), BYTES, "{url}");
    }
}

#[test]
fn the_secret_of_a_file_is_found() {
    let other = BASE32.replace('Q', "A");
    for content in [
        BASE32.to_owned(),
        format!("\u{feff}{BASE32}\r\n"),
        "\u{feff}gezd gnbv gy3t qojq gezd gnbv gy3t qojq\n".to_owned(),
        format!("my old secret for uam\n\n{BASE32}\n"),
        format!("Your secret key:\n{BASE32}\n"),
        format!("The secret of the phone: see below\n{BASE32}\n"),
        format!("#MFA_SECRET={other}\n;MFA_SECRET={other}\nMFA_SECRET={BASE32}\n"),
        "{\"secret\":\"gezd gnbv gy3t qojq gezd gnbv gy3t qojq\",\"x\":1}".to_owned(),
        "Secret key: gezd gnbv gy3t qojq gezd gnbv gy3t qojq\nIssuer: uam\n".to_owned(),
        format!("MFA_SECRET={BASE32}"),
        format!("# secret: ask Anna\nexport MFA_SECRET = \"{BASE32}\"  # the phone\nS3_PREFIX=x\n"),
        format!("MFA_SECRET={BASE32}====\nMFA_SECRET_OLD={BASE32}\n"),
        format!(
            "AWS_SECRET_ACCESS_KEY={other}\nS3_BUCKET_NAME=averylongbucketnameofletters\n\
             MFA_SECRET='{BASE32}'\n"
        ),
        format!("AWS_SECRET_ACCESS_KEY={other}\nTOTP={BASE32}\n"),
        format!("SECRET_KEY=django-insecure-0189\r\ntotp_secret: {BASE32}\r\n"),
        format!(r#"{{"issuer":"uam","secret":"{BASE32}","digits":6}}"#),
        format!("{{\n  \"totp\": {{\n    \"secret\": \"{BASE32}\"\n  }}\n}}\n"),
        format!("totp = pyotp.TOTP(\"{BASE32}\")\n"),
        format!("scan this: <otpauth://totp/uam:me?secret={BASE32}&issuer=uam>\n"),
        format!("URL=otpauth://totp/me?secret={BASE32}\nMFA_SECRET={other}\n"),
        format!(r#"{{"uri": "otpauth://totp/me?secret={BASE32}", "secret": "{BASE32}"}}"#),
    ] {
        let secret = TotpSecret::find_in_text(content.as_bytes());
        assert_eq!(secret.unwrap().as_bytes(), BYTES, "{content}");
    }
}

/// The error names the fault and repeats nothing of the text.
#[test]
fn an_invalid_secret_is_described_without_repeating_it() {
    let url = |rest: &str| format!("otpauth://totp/me?secret={BASE32}{rest}");
    let other = BASE32.replace('Q', "A");
    for (text, told) in [
        (String::new(), "no secret in it"),
        (" \n".into(), "no secret in it"),
        ("====".into(), "no secret in it"),
        (CANARY.into(), "88 bits"),
        ("JBSWY3DPEHPK3PXP".into(), "80 bits"),
        ("A".repeat(104), "520 bits"),
        (format!("{CANARY}0"), "character 19 is not base32"),
        (format!("{CANARY}8{CANARY}"), "character 19"),
        (format!("{CANARY}={CANARY}"), "character 19"),
        (format!("{CANARY}\u{c4}"), "character 19"),
        (format!("{BASE32}A"), "33 base32 characters"),
        (format!("{BASE32}AAA"), "35 base32 characters"),
        (format!("{BASE32}AAAAAA"), "38 base32 characters"),
        (format!("otpauth:{CANARY}"), "not a whole otpauth:// URL"),
        (format!("otpauth://{CANARY}"), "not a whole otpauth:// URL"),
        (format!("otpauth://totp:{CANARY}/"), "not a whole"),
        ("otpauth".into(), "not a whole"),
        (format!("otpauth://totp/{CANARY}"), "no secret in it"),
        (format!("otpauth://totp/me?secret={CANARY}"), "88 bits"),
        ("otpauth://totp/me?secret=".into(), "no secret in it"),
        (
            format!("otpauth://hotp/me?secret={BASE32}"),
            "counter-based",
        ),
        (format!("otpauth://steam/me?secret={BASE32}"), "Steam"),
        (
            format!("otpauth-migration://offline?data={CANARY}"),
            "whole authenticator app",
        ),
        (url("&algorithm=sha256"), "algorithm=SHA256"),
        (url("&algorithm=SHA512"), "uam takes algorithm=SHA1 only"),
        (url(&format!("&algorithm={CANARY}")), "algorithm=(something"),
        (url("&digits=8"), "digits=8, and uam takes digits=6 only"),
        (url("&digits="), "digits=(something else)"),
        (url("&period=60"), "period=60"),
        (url("&period=30&period=15"), "period=15"),
        (url(&format!("&secret={other}")), "2 different secrets"),
    ] {
        let error = TotpSecret::parse(&text).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(told), "{text}: {shown}");
        assert!(!shown.to_uppercase().contains("CANARY"), "{shown}");
        assert!(!shown.contains("GEZD"), "{shown}");
    }
}

#[test]
fn a_file_without_one_secret_is_refused_and_named() {
    let other = BASE32.replace('Q', "A");
    let large = vec![b' '; MAX_FILE_BYTES + 1];
    let url = format!("otpauth://totp/me?digits=8&secret={BASE32}\nMFA_SECRET={BASE32}");
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "no secret in it"),
        (b"MFA_SECRET=\n".into(), "no secret in it"),
        (
            b"there is nothing in here that is of any use".into(),
            "no secret in it",
        ),
        (
            format!("AWS_SECRET_ACCESS_KEY={BASE32}").into(),
            "no secret in it",
        ),
        (b"gezdgnbvgy3tqojq0".into(), "character 17 is not base32"),
        (b"here there this that else".into(), "no secret in it"),
        (
            b"this that then sentencesentencesentence".into(),
            "no secret in it",
        ),
        (
            format!("otpauth-migration://offline?data={CANARY}").into(),
            "whole authenticator app",
        ),
        (
            format!("MFA_SECRET={CANARY}\nB_SECRET={CANARY}0").into(),
            "88 bits",
        ),
        (format!("MFA_SECRET={CANARY}\n\n{BASE32}").into(), "88 bits"),
        (format!("{BASE32}\n{other}").into(), "2 different secrets"),
        (
            format!("A_SECRET={BASE32}\nB_SECRET={other}").into(),
            "2 different secrets",
        ),
        (url.into(), "digits=8"),
        (b"\xff\xfeG\0E\0".into(), "not UTF-8"),
        (b"\x89PNG\r\n\x1a\n".into(), "QR code"),
        (large, "64 KiB"),
    ];
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("old.txt");
    for (content, told) in cases {
        std::fs::write(&path, &content).unwrap();
        let error = TotpSecret::read_file(&path).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(told), "{shown}");
        assert!(shown.contains("old.txt"), "{shown}");
        assert!(
            !shown.contains("CANARY") && !shown.contains("GEZD"),
            "{shown}"
        );
    }
    std::fs::write(&path, format!("MFA_SECRET={BASE32}")).unwrap();
    assert_eq!(TotpSecret::read_file(&path).unwrap().as_bytes(), BYTES);
    for missing in [dir.path().join("none.txt"), dir.path().to_owned()] {
        let error = TotpSecret::read_file(&missing).unwrap_err().to_string();
        assert!(error.contains("cannot read"), "{error}");
    }
}

#[test]
fn a_secret_of_our_own_reads_back_from_its_url() {
    let url = crate::gate::totp_generator(BYTES, "me@a host")
        .to_url()
        .unwrap();
    assert_eq!(TotpSecret::parse(&url).unwrap().as_bytes(), BYTES);
    assert_eq!(
        format!("{:?}", TotpSecret::parse(&url).unwrap()),
        "TotpSecret(..)"
    );
}

/// Text that comes close to being a secret, a URL or a file.
fn nearly() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("otpauth://totp/".to_owned()),
        Just("OTPAUTH:".to_owned()),
        Just("otpauth-migration://".to_owned()),
        Just("?secret=".to_owned()),
        Just("&secret=%".to_owned()),
        Just("&digits=".to_owned()),
        Just("MFA_SECRET=".to_owned()),
        Just("\"secret\": \"".to_owned()),
        Just("====".to_owned()),
        Just(BASE32.to_owned()),
        "[A-Z2-7]{0,40}",
        "[\\r\\n\\t \"'#,:;{}]{1,3}",
        ".{0,5}",
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_secret_reads_back(bytes in proptest::collection::vec(any::<u8>(), MIN_BYTES..=MAX_BYTES)) {
        for encoding in [data_encoding::BASE32, data_encoding::BASE32_NOPAD] {
            let text = encoding.encode(&bytes);
            for secret in [
                TotpSecret::parse(&text),
                TotpSecret::parse(&format!("otpauth://totp/me?secret={text}&digits=6")),
                TotpSecret::find_in_text(format!("x=1\nMFA_SECRET={text}\n").as_bytes()),
            ] {
                let secret = secret.unwrap();
                prop_assert_eq!(secret.as_bytes(), &bytes);
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(secret) = TotpSecret::find_in_text(&bytes) {
            prop_assert!((MIN_BYTES..=MAX_BYTES).contains(&secret.as_bytes().len()));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in nearly()) {
        for secret in [TotpSecret::parse(&text), TotpSecret::find_in_text(text.as_bytes())] {
            match secret {
                Ok(secret) => {
                    prop_assert!((MIN_BYTES..=MAX_BYTES).contains(&secret.as_bytes().len()));
                }
                Err(e) => prop_assert!(!e.to_string().contains(BASE32)),
            }
        }
    }
}
