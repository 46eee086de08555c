using System.Globalization;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>
/// Sees which copies of a pod ran when: each program writes a line of its identity and the machine's uptime every 50 ms, and whoever
/// wrote while another one of the same role did was a second copy.
/// </summary>
/// <param name="folder">Where the pods write; all nodes of the test are on one machine.</param>
internal sealed class Witness(string folder)
{
    /// <summary>A ReplicationController of one pod that testifies, on a node of its choice or, if that is gone, on another one.</summary>
    /// <param name="role">What runs once at most: names the controller.</param>
    /// <param name="node">Where the pod runs at first.</param>
    /// <param name="standby">Where it may run else.</param>
    /// <param name="image">The image, for a runtime with images.</param>
    /// <param name="second">Another container of the pod that waits for something when the node is lost, in one line.</param>
    public string Manifest(string role, string node, string standby, string image = "any", string second = "") => $$$"""
        apiVersion: v1
        kind: ReplicationController
        metadata:
          name: {{{role}}}
        spec:
          replicas: 1
          selector: {role: "{{{role}}}"}
          template:
            metadata:
              labels: {role: "{{{role}}}"}
            spec:
              terminationGracePeriodSeconds: 1
              hostNetwork: true
              affinity:
                nodeAffinity:
                  requiredDuringSchedulingIgnoredDuringExecution:
                    nodeSelectorTerms:
                    - matchExpressions:
                      - {key: kubernetes.io/hostname, operator: In, values: [{{{node}}}, {{{standby}}}]}
                  preferredDuringSchedulingIgnoredDuringExecution:
                  - weight: 100
                    preference:
                      matchExpressions:
                      - {key: kubernetes.io/hostname, operator: In, values: [{{{node}}}]}
              containers:
              - name: main
                image: {{{image}}}
                imagePullPolicy: IfNotPresent
                command: [/bin/sh, -c, '{{{Script(role)}}}']
                env:
                - name: POD_NAME
                  valueFrom: {fieldRef: {fieldPath: metadata.name}}
                volumeMounts:
                - {name: witness, mountPath: "{{{folder}}}"}
              {{{second}}}
              volumes:
              - name: witness
                hostPath: {path: "{{{folder}}}"}
        """;

    /// <summary>Testifies as a pod does, without a cluster, until it is disposed of.</summary>
    public RunningCommand Testify(string role) =>
        RunningCommand.Start("/bin/sh", ["-c", Script(role)], environment: new Dictionary<string, string> { ["POD_NAME"] = role });

    private string Script(string role) =>
        $$"""read -r stat </proc/self/stat; set -- $stat; while :; do read -r up rest </proc/uptime; echo "$POD_NAME $1-${22} $up" >>{{folder}}/{{role}}; sleep 0.05; done""";

    /// <summary>The runs of a role, in the order of their starts.</summary>
    public IReadOnlyList<WitnessedRun> RunsOf(string role)
    {
        var path = Path.Combine(folder, role);
        var lines = File.Exists(path) ? File.ReadAllLines(path) : [];
        return
        [
            .. lines.Select(line => line.Split(' ')).Where(parts => parts.Length == 3)
                .Select(parts => (Who: $"{parts[0]}/{parts[1]}", At: double.TryParse(parts[2], CultureInfo.InvariantCulture, out var at) ? at : double.NaN))
                .Where(line => !double.IsNaN(line.At))
                .GroupBy(line => line.Who, StringComparer.Ordinal)
                .Select(run => new WitnessedRun(run.Key, [.. run.Select(line => TimeSpan.FromSeconds(line.At)).Order()]))
                .OrderBy(run => run.First),
        ];
    }

    /// <summary>The longest time in which a run did not testify: more than a moment if it was stopped.</summary>
    public TimeSpan LongestPauseOf(string role) => RunsOf(role).Select(run => run.LongestPause).DefaultIfEmpty().Max();

    /// <summary>How much earlier a copy had ended than the next one began; negative if it had not.</summary>
    public IReadOnlyList<TimeSpan> GapsOf(string role)
    {
        var runs = RunsOf(role);
        return [.. runs.Zip(runs.Skip(1)).Select(pair => pair.Second.First - pair.First.Last)];
    }

    /// <summary>How long a copy was alive after a later one had begun.</summary>
    public TimeSpan OverlapOf(string role)
    {
        var runs = RunsOf(role);
        return runs.Zip(runs.Skip(1)).Select(pair => pair.First.AliveAfter(pair.Second.First)).Aggregate(TimeSpan.Zero, (sum, time) => sum + time);
    }

    /// <summary>The runs in words, for messages.</summary>
    public string Describe(string role) => string.Join(", ", RunsOf(role).Select(run => string.Create(
        CultureInfo.InvariantCulture, $"{run.Who} from {run.First.TotalSeconds:0.00} to {run.Last.TotalSeconds:0.00}")));
}

/// <summary>One run of a program: when it testified, by the machine's uptime.</summary>
internal sealed record WitnessedRun(string Who, IReadOnlyList<TimeSpan> Times)
{
    // Who has not testified for so long was stopped, and did nothing meanwhile.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public TimeSpan First => Times[0];

    public TimeSpan Last => Times[^1];

    public TimeSpan LongestPause => Times.Zip(Times.Skip(1)).Select(pair => pair.Second - pair.First).DefaultIfEmpty().Max();

    /// <summary>How long it ran after a moment, without the time in which it was stopped; more than nothing if it ran at all.</summary>
    public TimeSpan AliveAfter(TimeSpan moment)
    {
        var after = Times.Where(time => time > moment).ToList();
        var steps = after.Zip(after.Skip(1)).Select(pair => pair.Second - pair.First).Where(step => step < Pause);
        return after.Count == 0 ? TimeSpan.Zero : steps.Aggregate(TimeSpan.FromMilliseconds(50), (sum, step) => sum + step);
    }
}
