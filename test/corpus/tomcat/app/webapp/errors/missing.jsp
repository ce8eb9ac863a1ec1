<%@ page isErrorPage="true" %><p>Nothing at ${pageContext.errorData.requestURI}</p>
