//! The parameters of `cred={}` and `identity={}` blocks.

use super::block::{Cred, Identity};
use crate::param::{Kind, any, hex_of, int, lines, of, parameters, quoted, string};

parameters! {
    /// A parameter of a credential.
    Cred, CredKey in CRED_PARAMS, Next;
    temporary: any(0).flag().unsaved() => (bool), "Whether the credential is never saved.";
    priority: any(0), "Credentials of higher priority are tried first.";
    sp_priority: int(0, 255, 0), "Priority among credentials of one provider.";
    pcsc: any(0), "Whether to use a smart card.";
    realm: string(), "Realm of the home network.";
    username: string(), "User name.";
    password: of(Kind::Password).secret(), "Password, or ext:NAME.";
    ca_cert: string(), "Certificates to trust.";
    client_cert: string(), "Client certificate.";
    private_key: string(), "Private key of the client certificate.";
    private_key_passwd: string().secret(), "Password of the private key.";
    engine: any(0), "Whether the key is on an engine.";
    engine_id: string(), "Name of the OpenSSL engine.";
    ca_cert_id: string(), "Trusted certificate on the engine.";
    cert_id: string(), "Certificate on the engine.";
    key_id: string(), "Key on the engine.";
    imsi: string(), "IMSI of the SIM.";
    milenage: string().secret(), "Milenage parameters of a simulated SIM.";
    imsi_privacy_cert: string(), "Certificate with which the IMSI is encrypted.";
    imsi_privacy_attr: string(), "Attribute to send with the encrypted IMSI.";
    domain_suffix_match: string(), "Domain under which the server's name must be.";
    domain: lines(), "Domains of the home network.";
    roaming_consortium: quoted(3, 15), "Old form of home_ois.";
    required_roaming_consortium: quoted(3, 15), "Old form of required_home_ois.";
    home_ois: string(), "Organisations that are the home network.";
    required_home_ois: string(), "Organisations that all must be the home network.";
    roaming_consortiums: string(), "Organisations with roaming agreements.";
    eap: of(Kind::Eap), "EAP method.";
    phase1: string(), "Options of the outer method.";
    phase2: string(), "Options of the inner method.";
    excluded_ssid: lines(), "Networks never to use with this credential.";
    roaming_partner: lines(), "Preferences among roaming partners.";
    update_identifier: any(0), "Subscription this credential belongs to.";
    provisioning_sp: string(), "Provider that provisioned the credential.";
    min_dl_bandwidth_home: any(0), "Least downlink bandwidth at home.";
    min_ul_bandwidth_home: any(0), "Least uplink bandwidth at home.";
    min_dl_bandwidth_roaming: any(0), "Least downlink bandwidth when roaming.";
    min_ul_bandwidth_roaming: any(0), "Least uplink bandwidth when roaming.";
    max_bss_load: any(0), "Highest load of an access point.";
    req_conn_capab: lines(), "Ports that must be open.";
    ocsp: any(0), "Whether the server must prove that its certificate is not revoked.";
    sim_num: any(1), "Which SIM to use.";
}

parameters! {
    /// A parameter of a stored P2P identity.
    Identity, IdentityKey in IDENTITY_PARAMS, Nothing;
    dik_cipher: any(0), "Cipher of the device identity key.";
    dik: hex_of(0, 64).secret(), "Device identity key.";
    pmk: hex_of(0, 64).secret(), "Key shared with the device.";
    pmkid: hex_of(16, 16), "Name of that key.";
}
