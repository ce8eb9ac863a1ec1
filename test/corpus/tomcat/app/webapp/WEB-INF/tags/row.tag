<%@ tag %><%@ attribute name="text" %><li>${text.toUpperCase()}</li>
