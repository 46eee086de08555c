using k8s.Models;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Nodes;

/// <summary>A node daemon answered with an error.</summary>
/// <param name="code">The HTTP code.</param>
/// <param name="text">The text of the answer.</param>
internal sealed class NodeRefusedException(int code, string text) : Exception(text)
{
    /// <summary>The error for the client whose request the daemon refused.</summary>
    public ApiException ToApi() => new(new V1Status
    {
        Status = "Failure",
        Message = Message,
        Reason = code switch
        {
            StatusCodes.Status400BadRequest => "BadRequest",
            StatusCodes.Status404NotFound => "NotFound",
            _ => "InternalError",
        },
        Code = code,
    });
}
