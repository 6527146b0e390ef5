// The peer of `npm run bench -- edge`: what a Go team would put in front of Kafka. See README.md.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/twmb/franz-go/pkg/kgo"
)

const path = "/api/v1/postback/conversions"

// Above the connections of any load, so that no request waits for another one's acknowledgement.
const maxInFlight = 1024

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	address := "127.0.0.1:" + need("PEER_PORT")
	serve := serveBenthos
	if need("PEER_STYLE") == "lean" {
		serve = serveLean
	}
	if err := serve(ctx, address); err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}

// One record a request, acknowledged by all replicas before the answer, as ours is. Idempotence is what franz-go does by itself.
func newClient() (*kgo.Client, error) {
	linger, err := time.ParseDuration(need("PEER_LINGER"))
	if err != nil {
		return nil, err
	}
	return kgo.NewClient(
		kgo.SeedBrokers(strings.Split(need("PEER_BROKERS"), ",")...),
		kgo.DefaultProduceTopic(need("PEER_TOPIC")),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerLinger(linger),
	)
}

// Benthos hands a query over as metadata. Written without one of its mappings, which would cost it more.
var parameters = []string{"event", "value", "currency", "click_id", "transaction_id"}

type output struct{ client *kgo.Client }

func (o *output) Connect(ctx context.Context) error { return o.client.Ping(ctx) }

func (o *output) Write(ctx context.Context, message *service.Message) error {
	click, _ := message.MetaGet("click_id")
	value := make([]byte, 0, 256)
	for _, name := range parameters {
		text, _ := message.MetaGet(name)
		value = append(append(append(append(value, name...), '='), text...), '&')
	}
	return o.client.ProduceSync(ctx, &kgo.Record{Key: []byte(click), Value: value}).FirstErr()
}

func (o *output) Close(context.Context) error {
	o.client.Close()
	return nil
}

func serveBenthos(ctx context.Context, address string) error {
	create := func(*service.ParsedConfig, *service.Resources) (service.Output, int, error) {
		client, err := newClient()
		return &output{client}, maxInFlight, err
	}
	if err := service.RegisterOutput("franz", service.NewConfigSpec(), create); err != nil {
		return err
	}
	builder := service.NewStreamBuilder()
	if err := builder.SetYAML(fmt.Sprintf(`
input:
  http_server:
    address: %s
    path: %s
    allowed_verbs: [GET, POST]
output:
  franz: {}
logger:
  level: ERROR
`, address, path)); err != nil {
		return err
	}
	stream, err := builder.Build()
	if err != nil {
		return err
	}
	return stream.Run(ctx)
}

// The same without a framework: net/http, the query as it came, and the client.
func serveLean(ctx context.Context, address string) error {
	client, err := newClient()
	if err != nil {
		return err
	}
	defer client.Close()
	mux := http.NewServeMux()
	mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		record := &kgo.Record{Key: []byte(r.URL.Query().Get("click_id")), Value: []byte(r.URL.RawQuery)}
		if err := client.ProduceSync(r.Context(), record).FirstErr(); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
	server := &http.Server{Addr: address, Handler: mux}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	return server.ListenAndServe()
}

func need(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("%s is not set", name)
	}
	return value
}
