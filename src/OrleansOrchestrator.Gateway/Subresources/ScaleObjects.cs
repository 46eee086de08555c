using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Documents.Patching;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Makes, patches and validates the Scale of an object.</summary>
internal static class ScaleObjects
{
    private const string Group = "autoscaling";

    /// <summary>The Scale of an object of a kind that has one.</summary>
    public static V1Scale Of(StoredObject obj) => ScaleView.Of(obj.Definition, obj.SharedModel());

    /// <summary>A Scale after a patch.</summary>
    /// <exception cref="ApiException">400: malformed patch; 413: over a limit; 422: not applicable.</exception>
    public static V1Scale Patch(V1Scale scale, PatchType type, ReadOnlySpan<byte> patch)
    {
        var document = JsonSerializer.SerializeToNode(scale, ObjectCodec.Options)!;
        // The server sets the version here; a version in a patch is a precondition.
        document["metadata"]!.AsObject().Remove("resourceVersion");
        try
        {
            var patched = type switch
            {
                PatchType.JsonPatch => JsonPatch.Apply(document, patch),
                PatchType.MergePatch => JsonMergePatch.Apply(document, patch),
                _ => StrategicMergePatch.Apply(document, patch, typeof(V1Scale)),
            };
            return ObjectBody.Decode<V1Scale>(JsonSerializer.SerializeToUtf8Bytes<JsonNode?>(patched, ObjectCodec.Options));
        }
        catch (PatchException refused)
        {
            throw refused.Fault switch
            {
                PatchFault.Malformed => ApiErrors.BadRequest(refused.Message),
                PatchFault.TooLarge => ApiErrors.TooLarge(refused.Message),
                _ => ApiErrors.Unprocessable(refused.Message),
            };
        }
    }

    /// <summary>Reads the configuration of an applied Scale.</summary>
    /// <exception cref="ApiException">400: it is no Scale.</exception>
    public static V1Scale Read(ReadOnlySpan<byte> json)
    {
        var scale = ObjectBody.Decode<V1Scale>(json);
        if (scale is not { ApiVersion: $"{Group}/v1", Kind: "Scale" })
        {
            throw ApiErrors.BadRequest(
                $"Incorrect version specified in apply patch. Specified patch version: {scale.ApiVersion}, expected: {Group}/v1");
        }

        return scale;
    }

    /// <summary>The configuration that applies a Scale's replicas to its object.</summary>
    public static byte[] ConfigurationFor(StoredObject obj, V1Scale wanted)
    {
        var metadata = new JsonObject { ["name"] = obj.Key.Name };
        if (obj.Key.Namespace.Length > 0)
            metadata["namespace"] = obj.Key.Namespace;
        if (!string.IsNullOrEmpty(wanted.Metadata?.ResourceVersion))
            metadata["resourceVersion"] = wanted.Metadata.ResourceVersion;
        var configuration = new JsonObject { ["apiVersion"] = obj.Definition.ApiVersion, ["kind"] = obj.Definition.Kind, ["metadata"] = metadata };
        if (wanted.Spec?.Replicas is { } replicas)
        {
            JsonNode value = replicas;
            foreach (var step in obj.Definition.Scale!.SpecReplicasPath.Split('.').Reverse())
                value = new JsonObject { [step] = value };
            foreach (var (name, member) in value.AsObject().ToList())
            {
                value.AsObject().Remove(name);
                configuration[name] = member;
            }
        }

        return JsonSerializer.SerializeToUtf8Bytes(configuration, ObjectCodec.Options);
    }

    /// <summary>Validates a Scale to be written.</summary>
    /// <exception cref="ApiException">400: it names another object; 422: invalid replicas.</exception>
    public static void Validate(V1Scale wanted, StoredObject current)
    {
        var name = wanted.Metadata?.Name;
        if (!string.IsNullOrEmpty(name) && name != current.Key.Name)
            throw ApiErrors.BadRequest($"the name of the object ({name}) does not match the name on the URL ({current.Key.Name})");
        var scope = wanted.Metadata?.NamespaceProperty;
        if (!string.IsNullOrEmpty(scope) && scope != current.Key.Namespace)
            throw ApiErrors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        if (wanted.Spec?.Replicas is < 0 and var replicas)
            throw Negative(current.Key.Name, replicas);
    }

    private static ApiException Negative(string name, int replicas)
    {
        const string Field = "spec.replicas";
        var fault = $"Invalid value: {replicas}: must be greater than or equal to 0";
        return new ApiException(new V1Status
        {
            Status = "Failure",
            Message = $"Scale.{Group} \"{name}\" is invalid: {Field}: {fault}",
            Reason = "Invalid",
            Code = 422,
            Details = new V1StatusDetails
            {
                Group = Group,
                Kind = "Scale",
                Name = name,
                Causes = [new V1StatusCause { Field = Field, Message = fault, Reason = "FieldValueInvalid" }],
            },
        });
    }
}
