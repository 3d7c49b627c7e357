# Whether a file has the form that themis' consensus engine writes: go-amino's JSON (maticnetwork/tendermint 3e7c7f86ce9f:
# privval/file.go, p2p/key.go, crypto/secp256k1). The engine itself takes more: it reads `{}` as a state at height 0.
#
#   jq -Rrs --arg what node_key|validator_key|state -f amino.jq FILE        (a FILE without null characters)
#
# Of a key it prints `good`, or what is wrong, without a character of the file. Of a state it prints the height and
# `signed` or `unsigned`, or nothing.

def is($form): type == "string" and test("\\A(?:\($form))\\z");
def bytes($of; $base64): type == "object" and keys == ["type", "value"] and .type == $of and (.value | is($base64));

def node_key: "tendermint/PrivKeyEd25519";
def validator_key: "tendermint/PrivKeySecp256k1";
def is_node_key: keys == ["priv_key"] and (.priv_key | bytes(node_key; "[A-Za-z0-9+/]{86}=="));
def is_validator_key:
  keys == ["address", "priv_key", "pub_key"]
  and (.address | is("[0-9A-Fa-f]{40}"))
  and (.priv_key | bytes(validator_key; "[A-Za-z0-9+/]{43}="))
  # 65 bytes, of which the first is 4.
  and (.pub_key | bytes("tendermint/PubKeySecp256k1"; "B[A-P][A-Za-z0-9+/]{85}="));

def number: is("0|[1-9][0-9]{0,17}");
def is_state:
  type == "object" and (.height | number) and (.round | number) and (.step | . == 0 or . == 1 or . == 2 or . == 3)
  and (keys - ["signature", "signbytes"] == ["height", "round", "step"])
  and (has("signature") == has("signbytes"))
  and ((has("signature") | not) or ((.signature | is("[A-Za-z0-9+/]{4,}={0,2}")) and (.signbytes | is("([0-9A-Fa-f]{2})+"))));
# Nothing was signed at the height itself: the state is as it was made, and the engine signs from this height on.
def unsigned: .round == "0" and .step == 0 and (has("signature") | not);

def type_of_key: if type == "object" then .priv_key | if type == "object" then .type else null end else null end;
def judged($own; $other; $told; good):
  if type_of_key == $other then "is the other key: those of node and validator are swapped."
  elif type == "object" and good then "good"
  else "does not have the form that `themisd init` writes: \($told), as \($own) in base64, and nothing else. It is damaged, or another file." end;

# fromjson skips a byte order mark, and the engine refuses one.
def marked: startswith("\ufeff");

. as $text
| (try if marked then null else fromjson end catch null) as $found
| if $what == "state" then
    $found | select(is_state) | "\(.height) \(if unsigned then "unsigned" else "signed" end)"
  elif $text | test("\\A\\s*\\z") then "holds no key: put the file that `themisd init` made into the secret store."
  elif $text | marked then "begins with a byte order mark, which themis refuses: put it there without one."
  elif $found == null then "holds no key: it is not JSON, or not the whole of it. Put the file that `themisd init` made into the secret store."
  elif $what == "node_key" then
    $found | judged(node_key; validator_key; "a key of 64 bytes"; is_node_key)
  else
    $found | judged(validator_key; node_key; "an address of 20 bytes, a public key of 65 and a private key of 32"; is_validator_key)
  end
