use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

use super::*;

/// Runs OpenSSL, or says that there is none.
fn openssl(args: &[&str]) -> Option<Output> {
    let output = Command::new("openssl").args(args).output().ok()?;
    assert!(output.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output)
}

fn open(path: &Path, passphrase: &str) -> Result<Keypair, KeyFileError> {
    match read(path)? {
        KeyFile::Plain(keys) => Ok(keys),
        KeyFile::Encrypted(key) => key.open(passphrase),
    }
}

#[test]
fn a_written_key_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let keys = generate();
    for (name, passphrase) in [("plain.pem", None), ("secret.pem", Some("合符 tally"))] {
        let path = folder.path().join(name);
        create(&path, &keys, passphrase).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        assert!(!is_exposed(&path));
        assert_eq!(open(&path, passphrase.unwrap_or_default()).unwrap().public(), keys.public(), "{name}");
    }
    let wrong = open(&folder.path().join("secret.pem"), "tally").unwrap_err();
    assert_eq!(wrong.code(), "KEY_PASSPHRASE_WRONG");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left");
}

#[test]
fn a_key_file_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("me.pem");
    fs::write(&path, "precious").unwrap();
    assert_eq!(create(&path, &generate(), None).unwrap_err().code(), "KEY_FILE_EXISTS");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    let nowhere = folder.path().join("no/me.pem");
    assert_eq!(create(&nowhere, &generate(), None).unwrap_err().code(), "KEY_FILE_IO");
}

#[test]
fn what_is_no_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.pem");
    let check = |text: &str, code: &str| {
        fs::write(&path, text).unwrap();
        assert_eq!(open(&path, "").unwrap_err().code(), code, "{text}");
    };
    check("no PEM at all", "KEY_FILE_INVALID");
    check(&public_pem(&generate().public()), "KEY_FILE_INVALID");
    // An X25519 key: the right shape, another algorithm (RFC 8410).
    let x25519 = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIHcHbQpzGKV9PBbBclGyZkXfTC+H68CZKrF3+6UduSwq\n-----END PRIVATE KEY-----\n";
    check(x25519, "KEY_FILE_INVALID");
    fs::remove_file(&path).unwrap();
    assert_eq!(open(&path, "").unwrap_err().code(), "KEY_FILE_IO");
}

#[test]
fn public_keys_are_hex_or_pem() {
    let key = generate().public();
    assert_eq!(parse_public(&key.to_string()), Some(key));
    assert_eq!(parse_public(&format!("\n{}\n", public_pem(&key))), Some(key));
    for bad in ["", "00", &to_pem(&generate(), None), &key.to_string()[1..]] {
        assert_eq!(parse_public(bad), None, "{bad}");
    }
}

#[test]
fn openssl_opens_our_keys() {
    let folder = tempfile::tempdir().unwrap();
    let keys = generate();
    for (name, passphrase) in [("plain.pem", None), ("secret.pem", Some("tally"))] {
        let path = folder.path().join(name);
        create(&path, &keys, passphrase).unwrap();
        let path = path.to_str().unwrap();
        let Some(output) = openssl(&["pkey", "-in", path, "-passin", "pass:tally", "-pubout"]) else { return };
        assert_eq!(String::from_utf8(output.stdout).unwrap(), public_pem(&keys.public()), "{name}");
    }
}

#[test]
fn we_open_openssl_s_keys() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    if openssl(&["genpkey", "-algorithm", "ed25519", "-out", &at("plain.pem")]).is_none() {
        return;
    }
    openssl(&["pkcs8", "-topk8", "-in", &at("plain.pem"), "-out", &at("secret.pem"), "-passout", "pass:tally"]);
    openssl(&["pkey", "-in", &at("plain.pem"), "-pubout", "-out", &at("public.pem")]);
    let public = parse_public(&fs::read_to_string(at("public.pem")).unwrap()).unwrap();
    for name in ["plain.pem", "secret.pem"] {
        assert_eq!(open(Path::new(&at(name)), "tally").unwrap().public(), public, "{name}");
    }
}
