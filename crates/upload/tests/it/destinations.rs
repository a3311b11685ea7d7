//! Good and bad environments, each with the very message a person gets.

use std::path::Path;
use upload::Destination;

const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "s3cr3t/value+"),
];

fn choose(url: Option<&str>, vars: &[(&str, &str)]) -> Result<Destination, String> {
    let get = |name: &str| {
        vars.iter()
            .rev()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| (*v).to_owned())
    };
    let chosen = Destination::resolve(url, &get, Path::new("/home/me/uam"));
    let shown = format!("{chosen:?}");
    assert!(
        !shown.contains("s3cr3t") && !shown.contains("t0ken"),
        "{shown}"
    );
    chosen.map_err(|e| e.to_string())
}

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = vec![("S3_BUCKET_NAME", "my-bucket")];
    all.extend(KEYS);
    all.extend(more);
    all
}

#[test]
fn good_ones() {
    type Case<'a> = (Option<&'a str>, Vec<(&'a str, &'a str)>, &'a str);
    let endpoint = ("AWS_ENDPOINT_URL", "https://s3.example.com/");
    let cases: Vec<Case<'_>> = vec![
        (
            None,
            with(&[]),
            "s3://my-bucket at Amazon S3, region us-east-1",
        ),
        (
            None,
            with(&[("AWS_REGION", " eu-central-1 ")]),
            "s3://my-bucket at Amazon S3, region eu-central-1",
        ),
        (
            None,
            with(&[("AWS_DEFAULT_REGION", "eu-west-3")]),
            "s3://my-bucket at Amazon S3, region eu-west-3",
        ),
        (
            None,
            with(&[
                ("S3_PREFIX", "/team/laptops/"),
                endpoint,
                ("AWS_REGION", "auto"),
            ]),
            "s3://my-bucket/team/laptops at https://s3.example.com, region auto",
        ),
        (
            None,
            with(&[("AWS_SESSION_TOKEN", "t0ken")]),
            "s3://my-bucket at Amazon S3, region us-east-1",
        ),
        (
            Some("s3://other.bucket/a/b"),
            with(&[]),
            "s3://other.bucket/a/b at Amazon S3, region us-east-1",
        ),
        (
            Some("s3://other/"),
            KEYS.to_vec(),
            "s3://other at Amazon S3, region us-east-1",
        ),
        (
            Some("file:///var/lib/uam%20x"),
            with(&[]),
            "the directory /var/lib/uam x",
        ),
        (Some("/var/lib/uam"), vec![], "the directory /var/lib/uam"),
        (Some("  "), vec![], "the directory /home/me/uam"),
        (
            None,
            vec![("S3_BUCKET_NAME", "")],
            "the directory /home/me/uam",
        ),
        (None, KEYS.to_vec(), "the directory /home/me/uam"),
    ];
    for (url, vars, expected) in cases {
        let chosen = choose(url, &vars).unwrap();
        assert_eq!(chosen.describe(), expected, "{url:?} {vars:?}");
    }
}

#[test]
fn a_directory_nobody_asked_for_says_why() {
    assert_eq!(
        choose(None, &[]).unwrap().remarks(),
        [
            "No bucket is set (S3_BUCKET_NAME, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are empty): nothing leaves this computer, uploads go to /home/me/uam."
        ]
    );
    assert_eq!(
        choose(None, &KEYS).unwrap().remarks(),
        [
            "An access key is set, but S3_BUCKET_NAME is not: nothing leaves this computer, uploads go to /home/me/uam."
        ]
    );
    assert!(choose(Some("/x"), &[]).unwrap().remarks().is_empty());
}

#[cfg(windows)]
#[test]
fn folders_of_windows_are_taken_in_each_spelling() {
    for (given, folder) in [
        (r"C:\uam x", r"C:\uam x"),
        ("file:///C:/uam%20x", r"C:\uam x"),
        (r"\\server\share\uam", r"\\server\share\uam"),
    ] {
        let chosen = choose(Some(given), &[]).unwrap();
        assert_eq!(chosen.describe(), format!("the directory {folder}"));
    }
    let error = choose(Some("/uam"), &[]).unwrap_err();
    assert!(error.contains("not a URL"), "{error}");
}

#[test]
fn an_unencrypted_line_is_remarked_unless_it_ends_here() {
    let remarks = |url| {
        choose(None, &with(&[("AWS_ENDPOINT_URL", url)]))
            .unwrap()
            .remarks()
    };
    assert_eq!(
        remarks("http://nas.local:9000"),
        [
            "AWS_ENDPOINT_URL is http, so everything is uploaded unencrypted; use https unless the network is your own."
        ]
    );
    for here in [
        "http://127.0.0.1:9000",
        "http://localhost",
        "http://[::1]:9",
        "https://nas.local",
    ] {
        assert!(remarks(here).is_empty(), "{here}");
    }
}

/// URL, variables, message, and its last sentence where several share it.
type RefusedCase = (
    Option<&'static str>,
    Vec<(&'static str, &'static str)>,
    &'static str,
    &'static str,
);

const GIVE_NAME: &str = "Give the name alone, as the store lists it, such as my-bucket.";

fn bucket(name: &'static str) -> Vec<(&'static str, &'static str)> {
    with(&[("S3_BUCKET_NAME", name)])
}

/// Half-given credentials, and values that cannot be meant.
fn refused_credentials() -> Vec<RefusedCase> {
    let bucket_only = vec![("S3_BUCKET_NAME", "my-bucket")];
    let half = |key| vec![("S3_BUCKET_NAME", "my-bucket"), key];
    vec![
        (
            None,
            bucket_only,
            "AWS_ACCESS_KEY_ID: is not set, but the bucket my-bucket is. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of a key that may write to it, or AWS_PROFILE for a profile in ~/.aws/credentials.",
            "",
        ),
        (
            None,
            half(KEYS[0]),
            "AWS_SECRET_ACCESS_KEY: is not set, but AWS_ACCESS_KEY_ID is. Set both, or remove AWS_ACCESS_KEY_ID.",
            "",
        ),
        (
            None,
            half(KEYS[1]),
            "AWS_ACCESS_KEY_ID: is not set, but AWS_SECRET_ACCESS_KEY is. Set both, or remove AWS_SECRET_ACCESS_KEY.",
            "",
        ),
        (
            None,
            vec![KEYS[0]],
            "AWS_SECRET_ACCESS_KEY: is not set, but AWS_ACCESS_KEY_ID is. Set both, or remove AWS_ACCESS_KEY_ID.",
            "",
        ),
        (
            Some("s3://my-bucket"),
            vec![KEYS[1]],
            "AWS_ACCESS_KEY_ID: is not set, but AWS_SECRET_ACCESS_KEY is. Set both, or remove AWS_SECRET_ACCESS_KEY.",
            "",
        ),
        // Values that cannot be meant.
        (
            None,
            with(&[("AWS_SECRET_ACCESS_KEY", "s3cr3t and more")]),
            "AWS_SECRET_ACCESS_KEY: has a space or a line break inside. Copy the value again, on one line.",
            "",
        ),
        (
            None,
            with(&[("AWS_SECRET_ACCESS_KEY", "\"s3cr3t")]),
            "AWS_SECRET_ACCESS_KEY: has a quotation mark inside. Write the value without quotation marks, or with one at each end.",
            "",
        ),
        (
            None,
            with(&[("AWS_ACCESS_KEY_ID", "your_access_key")]),
            "AWS_ACCESS_KEY_ID: still holds the example's placeholder. Put your own value there, or remove the line to keep everything on this computer.",
            "",
        ),
        (
            None,
            bucket("your-bucket-name"),
            "S3_BUCKET_NAME: still holds the example's placeholder. Put your own value there, or remove the line to keep everything on this computer.",
            "",
        ),
        (
            None,
            with(&[("AWS_REGION", "Frankfurt")]),
            "AWS_REGION: \"Frankfurt\" is not a region. Give a name such as eu-central-1, or auto where the store says so.",
            "",
        ),
    ]
}

fn refused_buckets_and_prefixes() -> Vec<RefusedCase> {
    let name = GIVE_NAME;
    let letters = "Use letters, digits and -_.=/ only, such as team/laptops.";
    vec![
        // Buckets.
        (
            None,
            bucket("My_Bucket"),
            "S3_BUCKET_NAME: is not a bucket's name: only a-z, 0-9, dots and dashes are allowed.",
            name,
        ),
        (
            None,
            bucket("ab"),
            "S3_BUCKET_NAME: is not a bucket's name: it must have 3 to 63 characters.",
            name,
        ),
        (
            None,
            bucket("-abc"),
            "S3_BUCKET_NAME: is not a bucket's name: it must begin and end with a letter or digit, without two dots in a row.",
            name,
        ),
        (
            None,
            bucket("a..b"),
            "S3_BUCKET_NAME: is not a bucket's name: it must begin and end with a letter or digit, without two dots in a row.",
            name,
        ),
        (
            None,
            bucket("192.168.1.1"),
            "S3_BUCKET_NAME: is not a bucket's name: it looks like an address.",
            name,
        ),
        (
            None,
            bucket("s3://my-bucket"),
            "S3_BUCKET_NAME: holds an address where a bucket's name should be.",
            name,
        ),
        (
            None,
            bucket("arn:aws:s3:::b"),
            "S3_BUCKET_NAME: holds an address where a bucket's name should be.",
            name,
        ),
        // Prefixes.
        (
            None,
            with(&[("S3_PREFIX", "a/../b")]),
            "S3_PREFIX: has a folder with an empty, . or .. part.",
            letters,
        ),
        (
            None,
            with(&[("S3_PREFIX", "a//b")]),
            "S3_PREFIX: has a folder with an empty, . or .. part.",
            letters,
        ),
        (
            None,
            with(&[("S3_PREFIX", "ä b")]),
            "S3_PREFIX: has a folder with characters that not every store takes.",
            letters,
        ),
        (
            Some("s3://my-bucket/a%20b"),
            with(&[]),
            "destination: has a folder with characters that not every store takes.",
            letters,
        ),
    ]
}

fn refused_endpoints_and_urls() -> Vec<RefusedCase> {
    let name = GIVE_NAME;
    let address =
        "Give the store's address, such as https://s3.example.com or http://127.0.0.1:9000.";
    let kinds = "Give s3://bucket/prefix, file:///directory or an absolute path.";
    let endpoint = |url| with(&[("AWS_ENDPOINT_URL", url)]);
    let own = "Put the keys into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead.";
    vec![
        // Endpoints.
        (
            None,
            endpoint("s3.example.com"),
            "AWS_ENDPOINT_URL: \"s3.example.com\" is not a URL (relative URL without a base).",
            address,
        ),
        (
            None,
            endpoint("ftp://s3.example.com"),
            "AWS_ENDPOINT_URL: ftp is not http or https.",
            address,
        ),
        (
            None,
            endpoint("https://me:s3cr3t@s3.example.com"),
            "AWS_ENDPOINT_URL: holds a user name or password.",
            own,
        ),
        (
            None,
            endpoint("https://me:s3cr3t@:x"),
            "AWS_ENDPOINT_URL: \"…@:x\" is not a URL (empty host).",
            address,
        ),
        (
            None,
            endpoint("https://s3.example.com?x=1"),
            "AWS_ENDPOINT_URL: has a part after ? or #.",
            address,
        ),
        (
            None,
            endpoint("https://my-bucket.s3.example.com"),
            "AWS_ENDPOINT_URL: names the bucket again. Remove \"my-bucket.\" from it; the bucket's name is added by itself.",
            "",
        ),
        // Destinations.
        (
            Some("my-bucket"),
            with(&[]),
            "destination: \"my-bucket\" is not a URL (relative URL without a base).",
            kinds,
        ),
        (
            Some("s3://"),
            with(&[]),
            "destination: names no bucket.",
            name,
        ),
        (
            Some("s3://key:s3cr3t@my-bucket"),
            with(&[]),
            "destination: holds a user name or password.",
            own,
        ),
        (
            Some("s3://127.0.0.1:9000/b"),
            with(&[]),
            "destination: names a port. Give s3://bucket/prefix and put the store's address into AWS_ENDPOINT_URL.",
            "",
        ),
        (
            Some("s3://my-bucket?versions"),
            with(&[]),
            "destination: has a part after ? or #.",
            kinds,
        ),
        (
            Some("https://s3.example.com/b"),
            with(&[]),
            "destination: https is not a kind of destination. Give s3://bucket/prefix and put the store's address into AWS_ENDPOINT_URL.",
            "",
        ),
        (
            Some("gs://my-bucket"),
            with(&[]),
            "destination: gs is not a kind of destination.",
            kinds,
        ),
        (
            Some("file://server/share"),
            with(&[]),
            "destination: \"file://server/share\" is not a local directory. Give file:///directory with three slashes.",
            "",
        ),
    ]
}

#[test]
fn bad_ones() {
    let cases = [
        refused_credentials(),
        refused_buckets_and_prefixes(),
        refused_endpoints_and_urls(),
    ]
    .concat();
    for (url, vars, message, hint) in cases {
        let told = match choose(url, &vars) {
            Err(message) => message,
            Ok(chosen) => panic!("{url:?} {vars:?} was taken: {chosen:?}"),
        };
        let expected = format!("{message} {hint}");
        assert_eq!(told, expected.trim_end(), "{url:?} {vars:?}");
    }
}
