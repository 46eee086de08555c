using System.Text.Json.Nodes;
using CsCheck;

namespace OrleansOrchestrator.Kinds.Tests.Autoscaling;

public class AutoscalerVersionTests
{
    private const string Cpu = """{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":70}}}""";

    private static readonly VersionCase First = new("autoscaling", "v1", "horizontalpodautoscalers");

    private static readonly Gen<string> Metric = OneOf(
        Cpu,
        """{"type":"Resource","resource":{"name":"cpu","target":{"type":"AverageValue","averageValue":"500m"}}}""",
        """{"type":"Resource","resource":{"name":"memory","target":{"type":"Utilization","averageUtilization":60}}}""",
        """{"type":"ContainerResource","containerResource":{"name":"cpu","container":"c","target":{"type":"Utilization","averageUtilization":50}}}""",
        """{"type":"Pods","pods":{"metric":{"name":"p","selector":{"matchLabels":{"a":"b"}}},"target":{"type":"AverageValue","averageValue":"1k"}}}""",
        """{"type":"Object","object":{"describedObject":{"kind":"Ingress","name":"i"},"metric":{"name":"r"},"target":{"type":"Value","value":"2"}}}""",
        """{"type":"Object","object":{"describedObject":{"kind":"Ingress","name":"i"},"metric":{"name":"r"},"target":{"type":"Value","value":"2","averageValue":"1"}}}""",
        """{"type":"External","external":{"metric":{"name":"q","selector":{"matchLabels":{"a":"b"}}},"target":{"type":"AverageValue","averageValue":"30"}}}""",
        """{"type":"External","external":{"metric":{"name":"q"},"target":{"type":"Value","value":"30"}}}""");

    private static readonly Gen<string> MetricStatus = OneOf(
        """{"type":"Resource","resource":{"name":"cpu","current":{"averageUtilization":70,"averageValue":"700m"}}}""",
        """{"type":"Resource","resource":{"name":"memory","current":{"averageValue":"1Gi"}}}""",
        """{"type":"ContainerResource","containerResource":{"name":"cpu","container":"c","current":{"averageUtilization":50,"averageValue":"1"}}}""",
        """{"type":"Pods","pods":{"metric":{"name":"p"},"current":{"averageValue":"1k"}}}""",
        """{"type":"Object","object":{"describedObject":{"kind":"Ingress","name":"i"},"metric":{"name":"r"},"current":{"value":"2"}}}""",
        """{"type":"External","external":{"metric":{"name":"q"},"current":{"value":"0","averageValue":"30"}}}""");

    [Fact]
    public void Target_ForTheProcessor_IsAFieldOfTheFirstVersion()
    {
        var shown = First.Shown(
            $$$"""{"metadata":{"name":"web"},"spec":{"minReplicas":2,"maxReplicas":5,"scaleTargetRef":{"kind":"Deployment","name":"web"},"metrics":[{{{Cpu}}}]},"status":{"desiredReplicas":3}}""");

        KindCase.ShouldBeJson(
            shown,
            """
            {"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"name":"web"},
             "spec":{"minReplicas":2,"maxReplicas":5,"scaleTargetRef":{"kind":"Deployment","name":"web"},"targetCPUUtilizationPercentage":70},
             "status":{"currentReplicas":0,"desiredReplicas":3}}
            """);
    }

    [Fact]
    public void Object_OfTheFirstVersion_IsStoredInTheSecond() => KindCase.ShouldBeJson(
        First.Stored("""{"apiVersion":"autoscaling/v1","metadata":{"name":"web"},"spec":{"maxReplicas":5,"scaleTargetRef":{"kind":"Deployment","name":"web"},"targetCPUUtilizationPercentage":70}}"""),
        $$$"""
        {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"web"},
         "spec":{"maxReplicas":5,"scaleTargetRef":{"kind":"Deployment","name":"web"},"metrics":[{{{Cpu}}}]}}
        """);

    [Fact]
    public void Metrics_ThatTheFirstVersionDoesNotKnow_AreInKubernetesAnnotation()
    {
        var shown = First.Shown(
            """{"metadata":{"name":"web"},"spec":{"maxReplicas":5,"metrics":[{"type":"Pods","pods":{"metric":{"name":"p"},"target":{"type":"AverageValue","averageValue":"1k"}}}]}}""");

        KindCase.ShouldBeJson(
            JsonNode.Parse(shown["metadata"]!["annotations"]!["autoscaling.alpha.kubernetes.io/metrics"]!.GetValue<string>())!,
            """[{"type":"Pods","pods":{"metricName":"p","targetAverageValue":"1k"}}]""");
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{}")]
    [InlineData("[{\"type\":[]}]")]
    public void Annotation_ThatIsMalformed_IsRefused(string annotation)
    {
        var sent = new JsonObject
        {
            ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { ["autoscaling.alpha.kubernetes.io/metrics"] = annotation } },
        };
        Should.Throw<System.Text.Json.JsonException>(() => First.Stored(sent.ToJsonString()));
    }

    [Fact]
    public void Object_ShownAndSentBack_IsWhatItWas() =>
        Gen.Select(Metric.Array[0, 4], MetricStatus.Array[0, 3], Gen.Bool, Gen.Bool, Gen.Bool).Sample((metrics, statuses, annotated, hasBehavior, hasConditions) =>
        {
            var annotations = annotated ? ""","annotations":{"a":"b"}""" : "";
            var behavior = hasBehavior ? ""","behavior":{"scaleDown":{"stabilizationWindowSeconds":5}}""" : "";
            var conditions = hasConditions ? ""","conditions":[{"type":"AbleToScale","status":"True"}]""" : "";
            var list = metrics.Length > 0 ? $",\"metrics\":[{string.Join(',', metrics)}]" : "";
            var current = statuses.Length > 0 ? $",\"currentMetrics\":[{string.Join(',', statuses)}]" : "";
            First.ShouldReturn(
                $$$"""{"metadata":{"name":"web"{{{annotations}}}},"spec":{"maxReplicas":5{{{list}}}{{{behavior}}}},"status":{"desiredReplicas":1{{{current}}}{{{conditions}}}}}""");
        });

    private static Gen<string> OneOf(params string[] choices) => Gen.Int[0, choices.Length - 1].Select(index => choices[index]);
}
