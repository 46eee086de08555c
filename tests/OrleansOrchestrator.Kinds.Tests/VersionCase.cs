using System.Text;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Kinds.Tests;

/// <summary>Turns JSON between the storage version of a kind and another one.</summary>
internal sealed class VersionCase(string group, string version, string plural)
{
    private readonly ServedVersion _form = BuiltInKinds.Registry.Find(group, version, plural)!;

    public ServedVersion ServedVersion => _form;

    /// <summary>A stored object in the version.</summary>
    public JsonNode Shown(string stored)
    {
        var json = _form.Definition.Encode(_form.Definition.Decode(Encoding.UTF8.GetBytes(stored)));
        return JsonNode.Parse(_form.JsonOf(StoredObject.Read(_form.Definition, json)).Span)!;
    }

    /// <summary>An object of the version as it is stored.</summary>
    public JsonNode Stored(string shown) =>
        JsonNode.Parse(_form.Definition.Encode(_form.ToStorage(_form.Decode(Encoding.UTF8.GetBytes(shown)))))!;

    /// <summary>Requires that an object that is shown in the version and sent back is what it was.</summary>
    public void ShouldReturn(string stored)
    {
        var before = JsonNode.Parse(_form.Definition.Encode(_form.Definition.Decode(Encoding.UTF8.GetBytes(stored))))!;
        var after = Stored(Shown(stored).ToJsonString());
        JsonNode.DeepEquals(after, before).ShouldBeTrue($"{before.ToJsonString()}\n{Shown(stored).ToJsonString()}\n{after.ToJsonString()}");
    }
}
