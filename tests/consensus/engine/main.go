// engine judges files of a themis home by the consensus engine that themis embeds, and runs that engine from one.
//
//	engine read              a line of JSON {"kind", "text" in base64} on standard input gets a line of JSON back:
//	                         what the engine's reader of that file makes of the text, or its error
//	engine config FILE       the settings of a config.toml as the engine decodes them; an unknown one is an error
//	engine run HOME K=V...   a node with the engine's own kvstore as its application, with settings of config.toml changed
//
// It is not themis: the application, its commands and its bridge are missing.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"

	"github.com/mitchellh/mapstructure"
	"github.com/spf13/viper"
	amino "github.com/tendermint/go-amino"
	"github.com/tendermint/tendermint/config"
	cryptoamino "github.com/tendermint/tendermint/crypto/encoding/amino"
	"github.com/tendermint/tendermint/libs/cli/flags"
	"github.com/tendermint/tendermint/libs/log"
	"github.com/tendermint/tendermint/node"
	"github.com/tendermint/tendermint/p2p"
	"github.com/tendermint/tendermint/privval"
)

func main() {
	var err error
	switch command, arguments := os.Args[1], os.Args[2:]; command {
	case "read":
		err = answer()
	case "config":
		err = show(arguments[0])
	case "run":
		err = run(arguments[0], arguments[1:])
	default:
		err = fmt.Errorf("unknown command %q", command)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type question struct {
	Kind string `json:"kind"`
	Text []byte `json:"text"`
}

type verdict struct {
	Error   string `json:"error,omitempty"`
	ID      string `json:"id,omitempty"`      // of a key: the node's id, or the validator's address
	PubKey  string `json:"pub_key,omitempty"` // of a key
	Height  int64  `json:"height"`
	Round   int    `json:"round"`
	Step    int8   `json:"step"`
	Signed  bool   `json:"signed"`
	Address string `json:"address,omitempty"` // of a validator's key, as its file says
}

func answer() error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			return err
		}
		if err := answers.Encode(judge(asked)); err != nil {
			return err
		}
	}
	return lines.Err()
}

// judge reads a text as privval.LoadFilePV and p2p.LoadNodeKey do: with their types, and a codec made as theirs.
// A text on which the engine panics is refused too.
func judge(asked question) (given verdict) {
	defer func() {
		if reason := recover(); reason != nil {
			given = verdict{Error: fmt.Sprint(reason)}
		}
	}()
	codec := amino.NewCodec()
	cryptoamino.RegisterAmino(codec)
	var err error
	switch asked.Kind {
	case "state":
		var state privval.FilePVLastSignState
		err = codec.UnmarshalJSON(asked.Text, &state)
		given.Height, given.Round, given.Step = state.Height, state.Round, state.Step
		given.Signed = state.SignBytes != nil
	case "node_key":
		var key p2p.NodeKey
		if err = codec.UnmarshalJSON(asked.Text, &key); err == nil {
			given.ID, given.PubKey = string(key.ID()), hex.EncodeToString(key.PubKey().Bytes())
		}
	case "validator_key":
		var key privval.FilePVKey
		if err = codec.UnmarshalJSON(asked.Text, &key); err == nil {
			public := key.PrivKey.PubKey()
			given.ID, given.PubKey = public.Address().String(), hex.EncodeToString(public.Bytes())
			given.Address = key.Address.String()
		}
	case "peer":
		_, err = p2p.NewNetAddressString(string(asked.Text))
	default:
		err = fmt.Errorf("unknown kind %q", asked.Kind)
	}
	if err != nil {
		return verdict{Error: err.Error()}
	}
	return given
}

// settings decodes a config.toml as the engine's commands do, by viper, except that an unknown setting is an error.
func settings(file string, changes []string) (*config.Config, error) {
	reader := viper.New()
	reader.SetConfigFile(file)
	if err := reader.ReadInConfig(); err != nil {
		return nil, err
	}
	for _, change := range changes {
		key, value, _ := strings.Cut(change, "=")
		reader.Set(key, value)
	}
	found := config.DefaultConfig()
	strict := func(decoder *mapstructure.DecoderConfig) { decoder.ErrorUnused = true }
	if err := reader.Unmarshal(found, strict); err != nil {
		return nil, err
	}
	return found, found.ValidateBasic()
}

func show(file string) error {
	found, err := settings(file, nil)
	if err != nil {
		return err
	}
	flat := map[string]any{}
	flatten(reflect.ValueOf(*found), "", flat)
	return json.NewEncoder(os.Stdout).Encode(flat)
}

// flatten lists settings by the names that a config.toml has for them: `section.setting`.
func flatten(of reflect.Value, under string, into map[string]any) {
	for i := range of.NumField() {
		name, options, _ := strings.Cut(of.Type().Field(i).Tag.Get("mapstructure"), ",")
		value := reflect.Indirect(of.Field(i))
		switch {
		case options == "squash":
			flatten(value, under, into)
		case name != "" && value.Kind() == reflect.Struct:
			flatten(value, under+name+".", into)
		case name != "":
			into[under+name] = value.Interface()
		}
	}
}

func run(home string, changes []string) error {
	found, err := settings(filepath.Join(home, "config", "config.toml"), append(changes, "proxy_app=kvstore"))
	if err != nil {
		return err
	}
	found.SetRoot(home)
	logger, err := flags.ParseLogLevel(found.LogLevel, log.NewTMLogger(log.NewSyncWriter(os.Stdout)), "error")
	if err != nil {
		return err
	}
	running, err := node.DefaultNewNode(found, logger)
	if err != nil {
		return err
	}
	if err := running.Start(); err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	<-stop
	return running.Stop()
}
