//! Where keys come from, with real files and real services on loopback.

use crate::kit::{Lab, TIMEOUTS};
use crate::servers::answering;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use upload::{ConfigError, Destination, NewObject, PutOutcome, Sink, SinkError, open_sink};

/// The lab's settings without its keys, and some more.
fn choose(lab: &Lab, more: &[(&str, &str)]) -> Result<Destination, ConfigError> {
    let mut vars: BTreeMap<String, String> = lab
        .server
        .env()
        .into_iter()
        .filter(|(name, _)| !name.contains("KEY"))
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    for (name, value) in more {
        vars.insert((*name).to_owned(), (*value).to_owned());
    }
    let chosen = Destination::resolve(None, &|name| vars.get(name).cloned(), Path::new("/none"));
    let shown = format!("{chosen:?}");
    assert!(!shown.contains("lab-secret"), "{shown}");
    chosen
}

/// Stores something in the lab's bucket.
fn stores(lab: &Lab, destination: &Destination) {
    let sink = open_sink(destination, TIMEOUTS).unwrap();
    let object = NewObject::new("a", &b"one"[..]);
    assert_eq!(sink.put_new(&object), Ok(PutOutcome::Stored));
    assert_eq!(lab.server.objects().unwrap()["a"], b"one");
}

fn home(files: &[(&str, &str)]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(".aws")).unwrap();
    for (name, text) in files {
        fs::write(home.path().join(".aws").join(name), text).unwrap();
    }
    home
}

const KEYS: &str = "aws_access_key_id = lab-access\naws_secret_access_key=lab-secret\n";

#[test]
fn a_profile_that_is_named() {
    let lab = Lab::new();
    let home = home(&[
        ("credentials", &format!("[other]\nx=1\n[work]\n{KEYS}")),
        (
            "config",
            &format!(
                "[profile work]\nregion = eu-west-3\nendpoint_url = {}\n",
                lab.server.url()
            ),
        ),
    ]);
    let at = home.path().display().to_string();
    let vars = [
        ("HOME", at.as_str()),
        ("AWS_PROFILE", "work"),
        ("AWS_REGION", ""),
        ("AWS_ENDPOINT_URL", ""),
    ];
    let destination = choose(&lab, &vars).unwrap();
    assert!(
        destination.describe().ends_with("region eu-west-3"),
        "{}",
        destination.describe()
    );
    assert_eq!(
        destination.describe_credentials().unwrap(),
        format!(
            "the key of the profile work in {}",
            home.path().join(".aws").join("credentials").display()
        )
    );
    stores(&lab, &destination);
}

#[test]
fn the_default_profile_and_files_elsewhere() {
    let lab = Lab::new();
    let home = home(&[("keys", &format!("[default]\n{KEYS}"))]);
    let file = home.path().join(".aws/keys").display().to_string();
    let destination = choose(&lab, &[("AWS_SHARED_CREDENTIALS_FILE", &file)]).unwrap();
    stores(&lab, &destination);
    // A key in the variables goes before it, and no profile is looked for then.
    let key = [
        ("AWS_SHARED_CREDENTIALS_FILE", "/no/such/file"),
        ("AWS_PROFILE", "nobody"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
    ];
    let own = choose(&lab, &key).unwrap().describe_credentials();
    assert_eq!(own.unwrap(), "the key in the environment or .env");
}

#[test]
fn a_profile_that_holds_no_keys_says_why() {
    let lab = Lab::new();
    let home = home(&[
        ("credentials", "[half]\naws_access_key_id = x\n"),
        (
            "config",
            "[profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = default\n[profile web]\nsso_session = me\n[profile run]\ncredential_process = /bin/keys\n",
        ),
    ]);
    let at = home.path().display().to_string();
    let told = |profile| {
        let vars = [("HOME", at.as_str()), ("AWS_PROFILE", profile)];
        choose(&lab, &vars).unwrap_err().to_string()
    };
    let role = told("role");
    assert!(
        role.starts_with("AWS_PROFILE: the profile role takes on another role (role_arn), which uam does not do. Choose a profile that holds keys"),
        "{role}"
    );
    assert!(told("web").contains("signs in through a browser (sso_session)"));
    assert!(told("run").contains("runs a program for its keys"));
    assert!(told("half").contains("does not hold both keys"));
    let nobody = told("nobody");
    assert!(
        nobody.contains(&format!(
            "is not in {}",
            home.path().join(".aws").join("credentials").display()
        )),
        "{nobody}"
    );
    let gone = choose(&lab, &[("AWS_SHARED_CREDENTIALS_FILE", "/no/such/file")]).unwrap_err();
    assert_eq!(gone.place, "AWS_SHARED_CREDENTIALS_FILE");
    // Nothing there at all: the word about keys.
    let none = choose(&lab, &[("HOME", "/nowhere")]).unwrap_err();
    assert_eq!(none.place, "AWS_ACCESS_KEY_ID");
}

const SOON: &str = "2100-01-01T00:00:00Z";

#[test]
fn the_role_of_the_machine_only_where_it_was_chosen() {
    let lab = Lab::new();
    let (address, heard) = answering(|head| {
        let lower = head.to_ascii_lowercase();
        if head.starts_with("PUT /latest/api/token") {
            let asked = lower.contains("x-aws-ec2-metadata-token-ttl-seconds:");
            return (if asked { 200 } else { 400 }, "t0ken".into());
        }
        if !lower.contains("x-aws-ec2-metadata-token: t0ken") {
            return (401, String::new());
        }
        let path = head.split(' ').nth(1).unwrap();
        match path.strip_prefix("/latest/meta-data/iam/security-credentials/") {
            Some("") => (200, "lab-role".into()),
            Some("lab-role") => (
                200,
                format!(
                    r#"{{"AccessKeyId":"lab-access","SecretAccessKey":"lab-secret","Token":"session","Expiration":"{SOON}"}}"#
                ),
            ),
            _ => (404, String::new()),
        }
    });
    let service = format!("http://{address}");
    let at = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.as_str());
    for not_chosen in [vec![at], vec![at, ("AWS_EC2_METADATA_DISABLED", "true")]] {
        assert!(choose(&lab, &not_chosen).is_err());
    }
    assert!(heard.all().is_empty());
    // No proxy can know the machine's role.
    let vars = [
        at,
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
    ];
    let destination = choose(&lab, &vars).unwrap();
    assert_eq!(
        destination.describe_credentials().unwrap(),
        format!("the role of this machine, from {service}")
    );
    stores(&lab, &destination);
    assert_eq!(heard.all().len(), 3, "asked once, and kept");
    assert!(choose(&lab, &[("AWS_EC2_METADATA_DISABLED", "maybe")]).is_err());
    // Chosen by name, it goes before a profile that nobody named.
    let home = home(&[("credentials", &format!("[default]\n{KEYS}"))]);
    let at_home = home.path().display().to_string();
    let both = [at, vars[1], ("HOME", at_home.as_str())];
    let signed_with = choose(&lab, &both).unwrap().describe_credentials().unwrap();
    assert!(
        signed_with.starts_with("the role of this machine"),
        "{signed_with}"
    );
    let named = [at, vars[1], both[2], ("AWS_PROFILE", "default")];
    let signed_with = choose(&lab, &named)
        .unwrap()
        .describe_credentials()
        .unwrap();
    assert!(
        signed_with.starts_with("the key of the profile default"),
        "{signed_with}"
    );
}

fn cannot_sign(destination: &Destination) -> SinkError {
    let sink = open_sink(destination, TIMEOUTS).unwrap();
    sink.put_new(&NewObject::new("a", &b"one"[..])).unwrap_err()
}

#[test]
fn a_machine_without_a_role() {
    let lab = Lab::new();
    let (address, _) = answering(|head| match head.starts_with("PUT ") {
        true => (200, "t".into()),
        false => (404, "<html>secret page</html>".into()),
    });
    let service = format!("http://{address}");
    let vars = [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "false"),
    ];
    let error = cannot_sign(&choose(&lab, &vars).unwrap());
    assert_eq!(
        error.to_string(),
        "there is no access key to sign requests with: the service that gives out keys answered 404"
    );
    assert!(error.is_permanent());
    assert!(error.hint().contains("this machine has a role"));
    // One that is down may come back.
    let (address, _) = answering(|_| (503, String::new()));
    let service = format!("http://{address}");
    let vars = [
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "false"),
    ];
    let error = cannot_sign(&choose(&lab, &vars).unwrap());
    assert!(
        matches!(error, SinkError::Server { status: 503, .. }),
        "{error:?}"
    );
    assert!(!error.is_permanent());
}

#[test]
fn a_web_identity_is_exchanged_for_keys() {
    let lab = Lab::new();
    let (address, heard) = answering(|head| {
        if !head.contains("WebIdentityToken=good") {
            return (
                403,
                "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>".into(),
            );
        }
        (
            200,
            format!(
                "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><SessionToken>s</SessionToken><SecretAccessKey>lab-secret</SecretAccessKey><AccessKeyId>lab-access</AccessKeyId><Expiration>{SOON}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
            ),
        )
    });
    let service = format!("http://{address}/");
    let token = lab.dir.path().join("token");
    let file = token.display().to_string();
    let vars = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.as_str()),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/lab"),
        ("AWS_ENDPOINT_URL_STS", service.as_str()),
    ];
    let missing = choose(&lab, &vars).unwrap_err();
    assert_eq!(missing.place, "AWS_WEB_IDENTITY_TOKEN_FILE");
    fs::write(&token, "bad-t0ken").unwrap();
    let half = choose(&lab, &vars[..1]).unwrap_err();
    assert_eq!(half.place, "AWS_ROLE_ARN");
    let destination = choose(&lab, &vars).unwrap();
    let error = cannot_sign(&destination);
    assert_eq!(
        error.to_string(),
        "there is no access key to sign requests with: the service that gives out keys answered 403 AccessDenied"
    );
    assert!(!format!("{error:?}").contains("t0ken"));
    // The file is read again: whoever renews it need not start uam again.
    fs::write(&token, "good").unwrap();
    stores(&lab, &destination);
    let asked = heard.all().concat();
    assert!(
        asked.contains("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Flab"),
        "{asked}"
    );
    assert!(asked.contains("RoleSessionName=uam"), "{asked}");
    // Only over TLS to another computer.
    let open = ("AWS_ENDPOINT_URL_STS", "http://sts.example.com");
    assert!(choose(&lab, &[vars[0], vars[1], open]).is_err());
}
