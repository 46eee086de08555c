using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;
using OrleansOrchestrator.Testing.Absurd;
using KubeObject = k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>;

namespace OrleansOrchestrator.Kinds.Tests;

/// <summary>What a creation takes can be written again. Else nobody could change the object any more: no user, and no controller.</summary>
public sealed class AcceptedObjectProperties
{
    public static TheoryData<string> Resources => [.. PlainObjects.Resources.Select(resource => resource.ToString())];

    [Theory]
    [MemberData(nameof(Resources))]
    public void Object_TakenAtItsCreation_IsTakenUnchanged(string resource)
    {
        var name = PlainObjects.Resources.Single(one => one.ToString() == resource);
        var definition = BuiltInKinds.Registry[name];

        var refused = PlainObjects.Candidates(name)
            .Select(absurd => (absurd.Field, absurd.Value, Faults: Create(definition, absurd.Object) is { } stored ? FaultsOfWritingAgain(definition, stored) : ""))
            .Where(absurd => absurd.Faults.Length > 0)
            .Select(absurd => $"{absurd.Field} = {absurd.Value}: {absurd.Faults}");

        refused.ShouldBeEmpty();
    }

    /// <summary>The object as it is stored; null if it is refused.</summary>
    private static KubeObject? Create(ResourceDefinition definition, JsonObject sent)
    {
        if (AbsurdObjects.Decode(definition, sent) is not { } obj)
            return null;
        var errors = new FieldErrors();
        definition.PrepareForCreate(obj);
        definition.ApplyDefaults(obj);
        ObjectMetaValidation.Validate(definition, obj.Metadata, errors);
        definition.Validate(obj, errors);
        return errors.IsEmpty ? obj : null;
    }

    private static string FaultsOfWritingAgain(ResourceDefinition definition, KubeObject stored)
    {
        var errors = new FieldErrors();
        definition.ValidateUpdate(Again(), stored, errors);
        if (definition.HasStatus)
            definition.ValidateStatusUpdate(Again(), stored, errors);
        return string.Join(", ", errors.All);

        KubeObject Again()
        {
            var again = definition.Decode(definition.Encode(stored));
            definition.ApplyDefaults(again);
            return again;
        }
    }
}
