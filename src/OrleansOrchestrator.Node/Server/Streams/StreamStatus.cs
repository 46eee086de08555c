using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Node.Server.Streams;

/// <summary>The result of a session as a <c>metav1.Status</c> in the kubelet's words.</summary>
/// <param name="json">The status.</param>
/// <remarks>See k8s.io/kubelet/pkg/cri/streaming/remotecommand/{exec,attach}.go.</remarks>
internal sealed class StreamStatus(JsonObject json)
{
    /// <summary>The result of a command, or of an attach, which has no exit code.</summary>
    public static StreamStatus OfExit(int? code) => code is null or 0
        ? new StreamStatus(new JsonObject { ["metadata"] = new JsonObject(), ["status"] = "Success" })
        : Failure(
            "NonZeroExitCode",
            string.Create(CultureInfo.InvariantCulture, $"command terminated with non-zero exit code: exit status {code}"),
            new JsonObject { ["reason"] = "ExitCode", ["message"] = code.Value.ToString(CultureInfo.InvariantCulture) });

    /// <summary>The failure of a session.</summary>
    public static StreamStatus OfFailure(string message)
    {
        var status = Failure("InternalError", $"Internal error occurred: {message}", new JsonObject { ["message"] = message });
        status.Json["code"] = 500;
        return status;
    }

    private JsonObject Json { get; } = json;

    /// <summary>The message on the error channel; empty if the protocol has none.</summary>
    public byte[] Encode(ChannelProtocol protocol) =>
        Encoding.UTF8.GetBytes(protocol.ReportsStatus ? Json.ToJsonString() : Json["message"]?.GetValue<string>() ?? "");

    private static StreamStatus Failure(string reason, string message, JsonObject cause) => new(new JsonObject
    {
        ["metadata"] = new JsonObject(),
        ["status"] = "Failure",
        ["message"] = message,
        ["reason"] = reason,
        ["details"] = new JsonObject { ["causes"] = new JsonArray(cause) },
    });
}
