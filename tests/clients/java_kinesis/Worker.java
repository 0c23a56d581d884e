// A worker of the Kinesis Client Library, which prints what it is given, a line each:
//
//     <µs since 1970> <mode> ready|left
//     <µs since 1970> <mode> began|lost|ended|stopped <shard>
//     <µs since 1970> <mode> record <shard> <sequence number> <partition key> <data>
//
// Arguments: the endpoint, the worker's name, and for each application <mode>=<stream>. Modes are
// polling, fanout (both with a stream's name) and table (with the ARN of a table's stream, by way of
// the DynamoDB Streams adapter). A mode on its input ends that application, in order; so does the end
// of the input with all.

import com.amazonaws.services.dynamodbv2.streamsadapter.AmazonDynamoDBStreamsAdapterClient;
import com.amazonaws.services.dynamodbv2.streamsadapter.StreamsSchedulerFactory;
import com.amazonaws.services.dynamodbv2.streamsadapter.adapter.DynamoDBStreamsClientRecord;
import com.amazonaws.services.dynamodbv2.streamsadapter.model.DynamoDBStreamsProcessRecordsInput;
import com.amazonaws.services.dynamodbv2.streamsadapter.polling.DynamoDBStreamsPollingConfig;
import com.amazonaws.services.dynamodbv2.streamsadapter.processor.DynamoDBStreamsShardRecordProcessor;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.coordinator.CoordinatorConfig.ClientVersionConfig;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.coordinator.WorkerStateChangeListener;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.metrics.MetricsLevel;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.KinesisClientRecord;
import software.amazon.kinesis.retrieval.RetrievalSpecificConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

public class Worker {
    static final InitialPositionInStreamExtended OLDEST =
            InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON);

    static synchronized void tell(String format, Object... values) {
        long now = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
        System.out.println(now + " " + String.format(format, values));
        System.out.flush();
    }

    abstract static class Processor implements ShardRecordProcessor {
        final String mode;
        String shard;

        Processor(String mode) {
            this.mode = mode;
        }

        public void initialize(InitializationInput input) {
            shard = input.shardId();
            tell("%s began %s", mode, shard);
        }

        void keep(RecordProcessorCheckpointer checkpointer) {
            try {
                checkpointer.checkpoint();
            } catch (Exception lost) {
                tell("%s unkept %s", mode, shard);
            }
        }

        public void leaseLost(LeaseLostInput input) {
            tell("%s lost %s", mode, shard);
        }

        public void shardEnded(ShardEndedInput input) {
            tell("%s ended %s", mode, shard);
            keep(input.checkpointer());
        }

        public void shutdownRequested(ShutdownRequestedInput input) {
            keep(input.checkpointer());
            tell("%s stopped %s", mode, shard);
        }
    }

    static class StreamProcessor extends Processor {
        StreamProcessor(String mode) {
            super(mode);
        }

        public void processRecords(ProcessRecordsInput input) {
            for (KinesisClientRecord record : input.records()) {
                byte[] data = new byte[record.data().remaining()];
                record.data().get(data);
                tell("%s record %s %s %s %s", mode, shard, record.sequenceNumber(), record.partitionKey(),
                        new String(data));
            }
            keep(input.checkpointer());
        }
    }

    static class TableProcessor extends Processor implements DynamoDBStreamsShardRecordProcessor {
        TableProcessor() {
            super("table");
        }

        public void processRecords(DynamoDBStreamsProcessRecordsInput input) {
            for (DynamoDBStreamsClientRecord record : input.records()) {
                var change = record.getRecord().dynamodb();
                tell("%s record %s %s %s %s", mode, shard, change.sequenceNumber(),
                        change.keys().get("pk").s(), change.newImage().get("n").n());
            }
            keep(input.checkpointer());
        }
    }

    public static void main(String[] given) throws Exception {
        Thread.setDefaultUncaughtExceptionHandler((thread, fault) -> {
            fault.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
        Map<String, Scheduler> schedulers = new LinkedHashMap<>();
        for (String application : List.of(given).subList(2, given.length)) {
            String[] parts = application.split("=", 2);
            schedulers.put(parts[0],
                    scheduler(URI.create(given[0]), given[1], parts[0], parts[1]));
        }
        for (Scheduler scheduler : schedulers.values()) {
            Thread running = new Thread(scheduler);
            running.setDaemon(true);
            running.start();
        }
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        for (String mode; (mode = commands.readLine()) != null; ) {
            schedulers.remove(mode).startGracefulShutdown().get(60, TimeUnit.SECONDS);
            tell("%s left", mode);
        }
        for (Scheduler scheduler : schedulers.values()) {
            scheduler.startGracefulShutdown().get(60, TimeUnit.SECONDS);
        }
        System.exit(0);
    }

    static Scheduler scheduler(URI endpoint, String worker, String mode, String stream) {
        Region region = Region.of(System.getenv("AWS_REGION"));
        var dynamodb = DynamoDbAsyncClient.builder().endpointOverride(endpoint).region(region).build();
        var cloudwatch = CloudWatchAsyncClient.builder().endpointOverride(endpoint).region(region)
                .build();
        boolean table = mode.equals("table");
        KinesisAsyncClient kinesis;
        if (table) {
            var streams = DynamoDbStreamsClient.builder().endpointOverride(endpoint).region(region)
                    .build();
            kinesis = new AmazonDynamoDBStreamsAdapterClient(streams, region);
        } else {
            var http = NettyNioAsyncHttpClient.builder().protocol(Protocol.HTTP2)
                    .maxConcurrency(Integer.MAX_VALUE);
            kinesis = KinesisAsyncClient.builder().endpointOverride(endpoint).region(region)
                    .httpClientBuilder(http).build();
        }
        var tracker = table
                ? StreamsSchedulerFactory.createSingleStreamTracker(stream, OLDEST)
                : new SingleStreamTracker(stream, OLDEST);
        var configs = new ConfigsBuilder(tracker, "kcl-" + mode, kinesis, dynamodb, cloudwatch,
                worker, () -> table ? new TableProcessor() : new StreamProcessor(mode));
        var coordinator = configs.coordinatorConfig()
                .parentShardPollIntervalMillis(200)
                .shardConsumerDispatchPollIntervalMillis(100)
                .workerStateChangeListener(new Ready(mode));
        if (!mode.equals("polling")) {
            // Each worker takes its share of the leases, from others who work or have died, as in
            // KCL 2. In KCL 3 one of them leads, and for two minutes nobody follows one that died.
            coordinator.clientVersionConfig(
                    ClientVersionConfig.CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X);
        }
        var leases = configs.leaseManagementConfig()
                .billingMode(BillingMode.PAY_PER_REQUEST)
                .failoverTimeMillis(2000)
                .leaseAssignmentIntervalMillis(1000L)
                .shardSyncIntervalMillis(1000)
                .leasesRecoveryAuditorExecutionFrequencyMillis(1000)
                .listShardsCacheAllowedAgeInSeconds(1)
                .listShardsBackoffTimeInMillis(100);
        var balance = leases.workerUtilizationAwareAssignmentConfig();
        balance.inMemoryWorkerMetricsCaptureFrequencyMillis(500);
        balance.workerMetricsReporterFreqInMillis(1000);
        balance.disableWorkerMetrics(true);
        RetrievalSpecificConfig how = switch (mode) {
            case "polling" -> new PollingConfig(stream, kinesis).idleTimeBetweenReadsInMillis(250);
            case "fanout" -> new FanOutConfig(kinesis).streamName(stream)
                    .applicationName("kcl-" + mode).retryBackoffMillis(200);
            default -> new DynamoDBStreamsPollingConfig(stream, kinesis)
                    .idleTimeBetweenReadsInMillis(250);
        };
        var retrieval = configs.retrievalConfig().retrievalSpecificConfig(how);
        var metrics = configs.metricsConfig().metricsLevel(MetricsLevel.SUMMARY)
                .metricsBufferTimeMillis(2000);
        return table
                ? StreamsSchedulerFactory.createScheduler(configs.checkpointConfig(), coordinator,
                        leases, configs.lifecycleConfig(), metrics, configs.processorConfig(),
                        retrieval, (AmazonDynamoDBStreamsAdapterClient) kinesis)
                : new Scheduler(configs.checkpointConfig(), coordinator, leases,
                        configs.lifecycleConfig(), metrics, configs.processorConfig(), retrieval);
    }

    record Ready(String mode) implements WorkerStateChangeListener {
        public void onWorkerStateChange(WorkerState state) {
            if (state == WorkerState.STARTED) {
                tell("%s ready", mode);
            }
        }

        public void onAllInitializationAttemptsFailed(Throwable failure) {
            tell("%s failed %s", mode, failure);
        }
    }
}
