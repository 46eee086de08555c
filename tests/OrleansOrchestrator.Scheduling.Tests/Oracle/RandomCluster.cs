using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Scheduling.Tests.Building;

namespace OrleansOrchestrator.Scheduling.Tests.Oracle;

/// <summary>Small random nodes and pods, with few distinct values so that they meet each other.</summary>
internal static class RandomCluster
{
    private static readonly string[] Zones = ["x", "y", "z"];
    private static readonly string[] Operators = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];
    private static readonly string[] Effects = ["NoSchedule", "NoExecute", "PreferNoSchedule"];

    public static Gen<V1Node> Node(int index) =>
        Gen.Select(Gen.Int[1, 4], Gen.Int[1, 4], Gen.Int[1, 5], Gen.Int[0, 3], Gen.Int[0, 5], Gen.Int[0, 9], (cpu, memory, pods, zone, taint, extra) =>
        {
            var node = Nodes.Create($"n{index}", $"{cpu}", $"{memory}Gi", pods).WithLabel("cores", $"{cpu}");
            if (zone < Zones.Length)
                node.WithLabel("zone", Zones[zone]);
            if (taint < Effects.Length)
                node.WithTaint("dedicated", "team", Effects[taint]);
            if (extra == 0)
                node.Cordoned();
            if (extra > 6)
                node.WithResource("example.com/gpu", "1");
            if (extra % 3 == 0)
                node.WithImage("app:latest", 400);
            if (extra % 4 == 1)
                node.WithImage("example.com:5000/db:1", 900);
            return node;
        });

    public static Gen<V1Pod> Pod(int index) =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 7], Gen.Int[0, 9], Gen.Int[0, 9], Gen.Int[0, 5], Gen.Int[0, 9], (cpu, memory, selector, port, tolerates, owner, extra) =>
        {
            var pod = PodObjects.Create($"p{index}", cpu == 0 ? null : $"{cpu * 500}m", memory == 0 ? null : $"{memory * 512}Mi");
            if (selector < Zones.Length)
                pod.WithNodeSelector("zone", Zones[selector]);
            else if (selector < 6)
                pod.Requiring(Term(cpu + extra), Term(memory + port));
            if (port < 2)
                pod.WithHostPort(80 + port, port == 1 && extra > 5 ? "10.0.0.1" : null);
            if (tolerates < 4)
                pod.WithToleration("dedicated", op: "Exists", effect: tolerates == 0 ? "NoExecute" : null);
            if (tolerates == 9)
                pod.WithToleration(null, op: "Exists");
            if (owner < 3)
                pod.WithOwner($"rs{owner}");
            if (extra == 0)
                pod.WithResource("example.com/gpu", "1");
            if (extra == 1)
                pod.Spec.Containers[0].Image = "example.com:5000/db:1";
            return pod.WithLabel("app", $"{owner}");
        });

    /// <summary>Pods that care about each other's place; few ask for anything else.</summary>
    public static Gen<V1Pod> Neighbour(int index) =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Int[0, 7], Gen.Int[0, 1], Gen.Int[0, 7], (app, target, kind, key, selector) =>
        {
            var pod = PodObjects.Create($"p{index}").WithLabel("app", $"{app}");
            var topologyKey = key == 0 ? "zone" : "kubernetes.io/hostname";
            if (selector < Zones.Length)
                pod.WithNodeSelector("zone", Zones[selector]);
            switch (kind)
            {
                case 0 or 1:
                    pod.AwayFrom($"{target}", topologyKey);
                    break;
                case 2:
                    pod.Near($"{target}", topologyKey);
                    break;
                case 3:
                    pod.Near($"{app}", topologyKey).AwayFrom($"{target}", "kubernetes.io/hostname");
                    break;
                case 4:
                    pod.SpreadOver(topologyKey, 1 + (target % 2), $"{app}");
                    break;
                case 5:
                    pod.SpreadOver("zone", 1, $"{target}").SpreadOver("kubernetes.io/hostname", 1, $"{app}");
                    break;
                case 6:
                    pod.Near($"{target}", topologyKey, weight: 10).AwayFrom($"{app}", topologyKey, weight: 20);
                    break;
            }

            return pod;
        });

    private static V1NodeSelectorTerm Term(int choice)
    {
        var op = Operators[choice % Operators.Length];
        return op switch
        {
            "Gt" or "Lt" => PodObjects.Labels("cores", op, $"{choice % 4}"),
            "Exists" or "DoesNotExist" => PodObjects.Labels("zone", op),
            _ => PodObjects.Labels("zone", op, Zones[choice % 3], Zones[(choice + 1) % 3]),
        };
    }
}
